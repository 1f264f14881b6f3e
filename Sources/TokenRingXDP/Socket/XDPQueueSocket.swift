import CTokenRing
import Glibc
import TokenRing

/// A further socket on the queue of another, sharing its UMEM and its one FILL and one COMPLETION ring.
///
/// The program decides which socket a packet goes to (`SocketMap`). Frames that this socket receives go back through the FILL
/// ring of the first, and its sent frames come back through the COMPLETION ring of the first, mixed with others': each ring
/// still has one user-space side, so whoever holds the first socket does both. One thread may hold this one.
public struct XDPQueueSocket: ~Copyable {
    /// Received packets; always empty on a socket that only sends.
    public var receive: ReceiveRing
    /// Packets to send, if the socket was made to send.
    public var transmit: TransmitRing?
    /// The queue it shares.
    public let queue: UInt32
    let handle: SocketHandle

    /// Binds a socket to the queue that `first` is bound to (`XDP_SHARED_UMEM`), in copy or zero copy as that is.
    ///
    /// - Parameters:
    ///   - first: the socket with the FILL and COMPLETION ring; it must live as long as this one is used.
    ///   - receiveEntries: slots of RX, a power of two, or 0 for a socket that only sends.
    ///   - transmitEntries: slots of TX, a power of two, or 0 for a socket that only receives.
    /// - Throws: `XDPError`.
    public init(
        onQueueOf first: borrowing XDPSocket, receiveEntries: UInt32 = 2048, transmitEntries: UInt32 = 0
    ) throws(XDPError) {
        let handle = try SocketHandle(sharing: first.handle, memory: first.memory)
        let receiveMemory = try handle.makeReceiveRing(receiveEntries, first.ownership)
        let transmitMemory = try handle.makeTransmitRing(transmitEntries, first.ownership)
        try SocketBinding(interface: first.interface, queue: first.queue)
            .bind(handle.file, sharingWith: first.handle.file)
        self.handle = handle
        queue = first.queue
        receive = ReceiveRing(memory: receiveMemory)
        if let transmitMemory { transmit = TransmitRing(memory: transmitMemory) } else { transmit = nil }
    }

    /// The socket's descriptor, for poll and socket options. It belongs to the socket.
    public var descriptor: CInt { handle.descriptor }

    /// What the kernel counted since the socket was made; FILL's counters are the first socket's too.
    ///
    /// - Throws: `SystemCallError`.
    public borrowing func statistics() throws(SystemCallError) -> XDPStatistics {
        try XDPStatistics(socket: handle.descriptor)
    }

    /// Makes the kernel send; see `XDPSocket.wakeTransmit()`.
    ///
    /// - Returns: 0, or an errno.
    @discardableResult
    public borrowing func wakeTransmit() -> CInt { handle.wakeTransmit() }

    /// Sleeps until there are packets in RX.
    ///
    /// - Returns: 1 if there are, 0 after `timeoutNanoseconds`, or -errno; EINTR is normal.
    public borrowing func waitForPackets(timeoutNanoseconds: Int64) -> CInt {
        ctr_poll_in(handle.descriptor, timeoutNanoseconds)
    }
}

extension XDPSocket {
    /// Where the frames are, if this socket and another on its queue are all that use the UMEM.
    ///
    /// - Throws: `SystemCallError`.
    public borrowing func account(with other: borrowing XDPQueueSocket) throws(SystemCallError) -> FrameAccount {
        let statistics = [try statistics(), try other.statistics()]
        var account = FrameAccount(frames: geometry.frameCount)
        account.add(
            received: [receive.indices, other.receive.indices], from: fill.indices,
            invalid: statistics[0].receiveInvalidDescriptors)
        account.add(
            sent: transmit.indices + other.transmit.indices, through: completion.indices,
            invalid: statistics[0].transmitInvalidDescriptors + statistics[1].transmitInvalidDescriptors)
        return account
    }
}
