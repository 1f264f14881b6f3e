import CTokenRing
import CXDP
import Glibc
import TokenRing

/// A bound AF_XDP socket: its rings, and how the kernel serves it.
///
/// It cannot be copied; one thread may hold it. The rings must not be moved out of it: their memory goes with the socket.
/// Packets arrive only once a `RedirectProgram` sends them here.
public struct XDPSocket: ~Copyable {
    /// The packets' memory.
    public let memory: Mapping
    /// How it is cut into frames.
    public let geometry: FrameGeometry
    /// Where it is bound.
    public let interface: NetworkInterface
    /// The receive queue it is bound to.
    public let queue: UInt32
    /// Copy or zero copy, and why.
    public let mode: CopyMode
    /// Frames for the kernel to receive into.
    public var fill: FillRing
    /// Received packets.
    public var receive: ReceiveRing
    /// Packets to send, if the socket was made to send.
    public var transmit: TransmitRing?
    /// Frames that were sent.
    public var completion: CompletionRing
    let handle: SocketHandle

    /// Binds a socket to a queue (`xsk_socket__create` of libxdp, which loads no program here).
    ///
    /// The queue of a socket that was just closed is busy for some milliseconds: EBUSY is tried again for up to two seconds.
    ///
    /// - Parameters:
    ///   - interface: looked up in the network namespace in which `umem` was made.
    ///   - queue: receive queue, from 0.
    ///   - umem: with frames in its FILL ring.
    ///   - receiveEntries: slots of RX, a power of two.
    ///   - transmitEntries: slots of TX, a power of two, or 0 for a socket that only receives.
    ///   - mode: copy, zero copy, or whichever works.
    /// - Throws: `XDPError`: `.noSuchQueue`; `.zeroCopyRefused` if it was demanded; `.system` with EBUSY if another socket
    ///   has the queue, ENETDOWN if the interface is down.
    public init(
        on interface: NetworkInterface, queue: UInt32 = 0, umem: consuming UMEM, receiveEntries: UInt32 = 2048,
        transmitEntries: UInt32 = 0, mode: CopyMode.Request = .auto
    ) throws(XDPError) {
        try checkRingCapacity("RX ring", receiveEntries)
        if transmitEntries > 0 { try checkRingCapacity("TX ring", transmitEntries) }
        try interface.checkQueue(queue)
        let handle = SocketHandle(umem: umem.handle)
        let refusal = try handle.open(
            interface: interface, queue: queue, receiveEntries: receiveEntries, transmitEntries: transmitEntries,
            mode: mode)
        let granted = try handle.grantedMode(requested: mode, refusal: refusal, interface: interface)
        let offsets = try RingOffsets(socket: handle.descriptor)
        let receiveMemory = try LibraryRing("RX", handle.receive.pointee)
            .memory(at: offsets.receive, kernelConsumes: false, of: XDPDescriptor.self)
        var transmitMemory: MappedRingMemory<XDPDescriptor>?
        if transmitEntries > 0 {
            transmitMemory = try LibraryRing("TX", handle.transmit.pointee)
                .memory(at: offsets.transmit, kernelConsumes: true, of: XDPDescriptor.self)
        }
        self.mode = granted
        receive = ReceiveRing(memory: receiveMemory)
        if let transmitMemory { transmit = TransmitRing(memory: transmitMemory) } else { transmit = nil }
        memory = umem.memory
        geometry = umem.geometry
        self.interface = interface
        self.queue = queue
        self.handle = handle
        fill = umem.fill
        completion = umem.completion
    }

    /// The socket's descriptor, for poll and socket options. It belongs to the socket.
    public var descriptor: CInt { handle.descriptor }

    /// What the kernel counted since the socket was made.
    ///
    /// - Throws: `SystemCallError`.
    public borrowing func statistics() throws(SystemCallError) -> XDPStatistics {
        try XDPStatistics(socket: handle.descriptor)
    }

    /// Makes the kernel look at FILL again. Call it when `fill.needsWakeup()`, also when a reserve came back empty.
    ///
    /// - Returns: 0, or an errno; EAGAIN is normal.
    @discardableResult
    public borrowing func wakeReceive() -> CInt {
        recvfrom(handle.descriptor, nil, 0, CInt(MSG_DONTWAIT), nil, nil) < 0 ? errno : 0
    }

    /// Makes the kernel send. In copy mode no other thread does: call it after each submit and again while packets are
    /// outstanding, the kernel takes 32 of them per call.
    ///
    /// - Returns: 0, or an errno; EAGAIN, EBUSY and ENOBUFS are normal.
    @discardableResult
    public borrowing func wakeTransmit() -> CInt {
        sendto(handle.descriptor, nil, 0, CInt(MSG_DONTWAIT), nil, 0) < 0 ? errno : 0
    }

    /// Sleeps until there are packets in RX.
    ///
    /// - Returns: 1 if there are, 0 after `timeoutNanoseconds`, or -errno; EINTR is normal.
    public borrowing func waitForPackets(timeoutNanoseconds: Int64) -> CInt {
        ctr_poll_in(handle.descriptor, timeoutNanoseconds)
    }
}
