import CTokenRing
import CXDP
import Glibc
import TokenRing

/// A bound AF_XDP socket: its rings, and how the kernel serves it.
///
/// It cannot be copied; one thread may hold it. Packets arrive only once a program redirects them here (`RedirectProgram`, or
/// a `SocketMap` that a privileged process handed over).
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
    /// Received packets; always empty on a socket that only sends.
    public var receive: ReceiveRing
    /// Packets to send, if the socket was made to send.
    public var transmit: TransmitRing?
    /// Frames that were sent.
    public var completion: CompletionRing
    /// Who has each frame; nil in release builds, where nothing is booked. Sockets that share a UMEM share it.
    public let ownership: FrameOwnership?
    let handle: SocketHandle

    /// Binds a socket to a queue; no program is loaded.
    ///
    /// The queue of a socket that was just closed is busy for some milliseconds: EBUSY is tried again for some three seconds.
    ///
    /// - Parameters:
    ///   - interface: looked up in the network namespace in which `umem` was made.
    ///   - queue: receive queue, from 0.
    ///   - umem: with frames in its FILL ring.
    ///   - receiveEntries: slots of RX, a power of two, or 0 for a socket that only sends.
    ///   - transmitEntries: slots of TX, a power of two, or 0 for a socket that only receives.
    ///   - mode: copy, zero copy, or whichever works.
    ///   - needWakeup: let the kernel say when it must be called (`XDP_USE_NEED_WAKEUP`). Without, call after every batch.
    ///   - multiBuffer: packets may have several frames (`XDP_USE_SG`, Linux 6.6); take them with `peekWholePackets`.
    /// - Throws: `XDPError`: `.noSuchQueue`; `.zeroCopyRefused` if it was demanded; `.system` with EBUSY if another socket
    ///   has the queue, ENETDOWN if the interface is down.
    public init(
        on interface: NetworkInterface, queue: UInt32 = 0, umem: consuming UMEM, receiveEntries: UInt32 = 2048,
        transmitEntries: UInt32 = 0, mode: CopyMode.Request = .auto, needWakeup: Bool = true, multiBuffer: Bool = false
    ) throws(XDPError) {
        try interface.checkQueue(queue)
        let handle = umem.handle
        guard receiveEntries > 0 || transmitEntries > 0 else {
            throw .configuration(
                field: "RX ring size", value: 0, reason: "a socket that neither receives nor sends has no use")
        }
        let receiveMemory = try handle.makeReceiveRing(receiveEntries, umem.ownership)
        let transmitMemory = try handle.makeTransmitRing(transmitEntries, umem.ownership)
        let binding = SocketBinding(
            interface: interface, queue: queue,
            flags: (needWakeup ? XDP_USE_NEED_WAKEUP : 0) | (multiBuffer ? CInt(CXDP_USE_SG) : 0))
        let refusal = try binding.bind(handle.file, mode: mode)
        self.mode = try handle.grantedMode(requested: mode, refusal: refusal, interface: interface)
        receive = ReceiveRing(memory: receiveMemory)
        if let transmitMemory { transmit = TransmitRing(memory: transmitMemory) } else { transmit = nil }
        memory = umem.memory
        geometry = umem.geometry
        ownership = umem.ownership
        self.interface = interface
        self.queue = queue
        self.handle = handle
        fill = umem.fill
        completion = umem.completion
    }

    /// Binds a further socket to the UMEM of another, on another queue or interface (`XDP_SHARED_UMEM`). It has a FILL and a
    /// COMPLETION ring of its own; wakeups, fragments and copy mode are as the other has them, where the driver can.
    ///
    /// Each frame still belongs to one place: frames that this socket received may be posted to the other's FILL and back.
    /// For the same queue see `XDPQueueSocket`.
    ///
    /// - Parameter fillFrames: frames for FILL before it is bound, as zero copy wants them.
    /// - Throws: `XDPError`, as for the first socket.
    public init(
        sharing other: borrowing XDPSocket, on interface: NetworkInterface, queue: UInt32, fillEntries: UInt32,
        fillFrames: Range<UInt32> = 0..<0, completionEntries: UInt32 = 64, receiveEntries: UInt32 = 2048,
        transmitEntries: UInt32 = 0
    ) throws(XDPError) {
        try interface.checkQueue(queue)
        let (geometry, ownership) = (other.geometry, other.ownership)
        let handle = try SocketHandle(sharing: other.handle, memory: other.memory)
        let completionMemory: SocketRingMemory<UMEMAddress> = try handle.makeRing(
            .completion, completionEntries, ownership)
        let receiveMemory = try handle.makeReceiveRing(receiveEntries, ownership)
        let transmitMemory = try handle.makeTransmitRing(transmitEntries, ownership)
        let fillMemory: SocketRingMemory<UMEMAddress> = try handle.makeRing(.fill, fillEntries, ownership)
        Self.provide(fillFrames, of: geometry, to: fillMemory)
        try SocketBinding(interface: interface, queue: queue).bind(handle.file, sharingWith: other.handle.file)
        mode = try handle.grantedMode(requested: other.mode.requested, refusal: nil, interface: interface)
        memory = other.memory
        self.geometry = geometry
        self.ownership = ownership
        self.interface = interface
        self.queue = queue
        self.handle = handle
        // It goes on where the frames before the bind ended.
        fill = FillRing(memory: fillMemory)
        completion = CompletionRing(memory: completionMemory)
        receive = ReceiveRing(memory: receiveMemory)
        if let transmitMemory { transmit = TransmitRing(memory: transmitMemory) } else { transmit = nil }
    }

    /// Makes a socket that is not bound, in the calling thread's network namespace, to be handed to a process that may not:
    /// that gives it to `UMEM`.
    ///
    /// - Throws: `SystemCallError`; EPERM without CAP_NET_RAW.
    public static func makeUnbound() throws(SystemCallError) -> OwnedDescriptor { try SocketHandle.make() }

    private static func provide(
        _ frames: Range<UInt32>, of geometry: FrameGeometry, to memory: SocketRingMemory<UMEMAddress>
    ) {
        var fill = FillRing(memory: memory)
        _ = fill.provide(frames: frames, of: geometry)
    }

    /// The socket's descriptor, for poll and socket options. It belongs to the socket.
    public var descriptor: CInt { handle.descriptor }

    /// What the kernel counted since the socket was made.
    ///
    /// - Throws: `SystemCallError`.
    public borrowing func statistics() throws(SystemCallError) -> XDPStatistics {
        try XDPStatistics(socket: handle.descriptor)
    }

    /// Where the frames are, if this socket alone uses the UMEM. Exact when nobody moves.
    ///
    /// - Throws: `SystemCallError`.
    public borrowing func account() throws(SystemCallError) -> FrameAccount {
        var account = FrameAccount(frames: geometry.frameCount)
        try add(to: &account)
        return account
    }

    /// Adds this socket's rings to an account of the UMEM that it shares with others.
    ///
    /// - Throws: `SystemCallError`.
    public borrowing func add(to account: inout FrameAccount) throws(SystemCallError) {
        let statistics = try statistics()
        account.add(received: [receive.indices], from: fill.indices, invalid: statistics.receiveInvalidDescriptors)
        account.add(
            sent: transmit.indices, through: completion.indices, invalid: statistics.transmitInvalidDescriptors)
    }

    /// Makes the kernel look at FILL again. Call it when `fill.asksForWakeup()`, also when a reserve came back empty; whoever
    /// polls the socket asks again by that, because poll wakes a driver that asks for it (`xsk_poll`).
    ///
    /// - Returns: 0, or an errno; EAGAIN is normal.
    @discardableResult
    public borrowing func wakeReceive() -> CInt { handle.wakeReceive() }

    /// Makes the kernel send. In copy mode no other thread does: call it after each submit and again while packets are
    /// outstanding, the kernel takes 32 of them per call.
    ///
    /// - Returns: 0, or an errno; EAGAIN, EBUSY and ENOBUFS are normal. EINVAL in zero-copy mode: the driver, such as igb, sends
    ///   only while an XDP program is attached to the interface.
    @discardableResult
    public borrowing func wakeTransmit() -> CInt { handle.wakeTransmit() }

    /// Sleeps until there are packets in RX.
    ///
    /// - Returns: 1 if there are, 0 after `timeoutNanoseconds`, or -errno; EINTR is normal.
    public borrowing func waitForPackets(timeoutNanoseconds: Int64) -> CInt {
        ctr_poll_in(handle.descriptor, timeoutNanoseconds)
    }

    /// Sends what is in TX, and sleeps until TX has room. A poll for writing is also the wakeup.
    ///
    /// - Returns: 1 if there is room, 0 after `timeoutNanoseconds`, or -errno; EINTR is normal.
    public borrowing func waitForRoom(timeoutNanoseconds: Int64) -> CInt {
        ctr_poll_out(handle.descriptor, timeoutNanoseconds)
    }

    /// Whether the socket still receives and sends. Ask when nothing came for a while: an interface that goes away leaves the
    /// socket silent and open.
    ///
    /// - Throws: `XDPError.system`: ENETDOWN if the interface is down, ENXIO if it is gone and the socket with it.
    public borrowing func checkLink() throws(XDPError) { try handle.checkLink(interface) }
}

extension SocketHandle {
    /// A socket in the same network namespace, that keeps the UMEM too.
    convenience init(sharing other: SocketHandle, memory: Mapping) throws(XDPError) {
        do throws(SystemCallError) { try self.init(memory: memory) } catch { throw .system(error) }
    }

    func wakeReceive() -> CInt { recvfrom(descriptor, nil, 0, CInt(MSG_DONTWAIT), nil, nil) < 0 ? errno : 0 }

    func wakeTransmit() -> CInt { sendto(descriptor, nil, 0, CInt(MSG_DONTWAIT), nil, 0) < 0 ? errno : 0 }

    func checkLink(_ interface: NetworkInterface) throws(XDPError) {
        let name = interface.name
        let hint: String
        let error = wakeReceive()
        switch error {
        case ENETDOWN: hint = "\(name) went down; `ip link set \(name) up` and the socket goes on"
        case ENXIO: hint = "\(name) is gone, and this socket is bound to nothing; make another when it is back"
        default: return
        }
        throw .system(SystemCallError("recvfrom on the socket of \(name)", errno: error, hint: hint))
    }
}

extension TransmitRing? {
    /// Both shared indices of the ring, if there is one.
    var indices: [RingIndices] {
        switch self {
        case .some(let ring): [ring.indices]
        case .none: []
        }
    }
}
