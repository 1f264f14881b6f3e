import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// Counts numbered packets that an interface passes up the stack. As long as it lives the interface takes packets for any
/// address, as the numbered ones are for none that exists.
final class PacketListener {
    private let socket: OwnedDescriptor

    /// Listens on `interface` of the calling thread's network namespace.
    init(on interface: NetworkInterface) throws(SystemCallError) {
        socket = try OwnedDescriptor(
            ctr_packet_listener(interface.index, NumberedFrame.etherTypeNumber), of: "socket(AF_PACKET)",
            hint: "it needs CAP_NET_RAW")
    }

    /// Takes what has come.
    ///
    /// - Returns: how many packets of ours there were.
    func take() -> UInt32 {
        var count: UInt32 = 0
        withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 8) { buffer in
            while true {
                let length = recv(socket.descriptor.rawValue, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT))
                guard length > 0, let packet = buffer.baseAddress else { return }
                if NumberedFrame.number(of: packet, length: UInt32(length)) != nil { count += 1 }
            }
        }
        return count
    }
}
