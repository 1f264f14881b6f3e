import CTokenRing
import CXDP
import Glibc
import SystemPackage
import TokenRing

/// An AF_XDP socket's descriptor with what must outlive it. A program that redirects to the socket holds it.
final class SocketHandle: Sendable {
    let file: OwnedDescriptor
    /// The UMEM's pages: the kernel writes there as long as the socket is open.
    private let memory: Mapping

    /// The socket, valid as long as this object.
    var descriptor: CInt { file.descriptor.rawValue }

    /// Makes a socket in the calling thread's network namespace, or takes one that was handed in.
    init(_ socket: OwnedDescriptor? = nil, memory: Mapping) throws(SystemCallError) {
        self.memory = memory
        if let socket { file = socket } else { file = try Self.make() }
    }

    static func make() throws(SystemCallError) -> OwnedDescriptor {
        let descriptor = ctr_xdp_socket()
        let hint =
            switch descriptor {
            case -EPERM: "an AF_XDP socket needs CAP_NET_RAW, or a socket that a privileged process hands over"
            case -EAFNOSUPPORT: "this kernel is built without CONFIG_XDP_SOCKETS"
            default: ""
            }
        return try OwnedDescriptor(descriptor, of: "socket(AF_XDP)", hint: hint)
    }

    /// Makes and maps one ring.
    func makeRing<Entry: UMEMEntry>(
        _ ring: KernelRing, _ entries: UInt32, _ ownership: FrameOwnership?
    ) throws(XDPError) -> SocketRingMemory<Entry> {
        try ring.make(on: file, entries: entries)
        return try ring.map(on: file, entries: entries, ownership: ownership)
    }

    /// RX; for 0 entries, of a socket that only sends, a ring that is always empty.
    func makeReceiveRing(
        _ entries: UInt32, _ ownership: FrameOwnership?
    ) throws(XDPError) -> SocketRingMemory<XDPDescriptor> {
        entries > 0 ? try makeRing(.receive, entries, ownership) : try KernelRing.empty()
    }

    /// TX; none for 0 entries, of a socket that only receives.
    func makeTransmitRing(
        _ entries: UInt32, _ ownership: FrameOwnership?
    ) throws(XDPError) -> SocketRingMemory<XDPDescriptor>? {
        entries > 0 ? try makeRing(.transmit, entries, ownership) : nil
    }

    /// What the bound socket does, from `XDP_OPTIONS`, never from what was asked for.
    func grantedMode(
        requested: CopyMode.Request, refusal: SystemCallError?, interface: NetworkInterface
    ) throws(XDPError) -> CopyMode {
        let (options, _) = try SocketOption.get(XDP_OPTIONS, of: file, xdp_options())
        let driver = interface.driver
        if options.flags & UInt32(XDP_OPTIONS_ZEROCOPY) != 0 {
            return CopyMode(
                requested: requested, granted: .zeroCopy,
                reason: "driver \(driver) receives into the UMEM; the bound socket says so")
        }
        let reason =
            if let refusal {
                "driver \(driver) refuses zero copy for this queue: \(refusal.errno) (errno \(refusal.errno.rawValue))"
                    + Self.promise(of: interface)
            } else {
                "copy mode was asked for"
            }
        return CopyMode(requested: requested, granted: .copy, reason: reason)
    }

    /// What netdev's xdp-features say of zero copy, for the end of a sentence; nothing if they cannot be asked.
    private static func promise(of interface: NetworkInterface) -> String {
        let features = (try? InterfaceCapabilities.query(index: interface.index))?.features.value
        return features.map { $0.contains(.xskZeroCopy) ? ", although it offers it" : ", and does not offer it" } ?? ""
    }
}
