import Glibc
import TokenRing

/// What applications call. A socket is named by itself or by its flow.
extension Kernel {
    /// How fragments are remembered that this socket receives from this binding.
    private func bookkeeping(of socket: Socket, _ binding: Binding) -> any TokenBookkeeping {
        guard modes.isPerSocket else { return binding.bookkeeping }
        return socket.mode == .automatic ? automatic : manual
    }

    private func joins(_ binding: Binding, _ socket: Socket) -> Bool {
        binding.cleanUp.countsUsers && !(modes.isPerSocket && socket.mode == .automatic)
    }

    /// `recvmsg(MSG_SOCK_DEVMEM)`: up to `length` bytes, a control message for each fragment.
    ///
    /// -ENODEV if the binding is dying and this socket never received from it (B1) or a fragment is not in a dmabuf,
    /// -EFAULT if the socket has another binding and tokens do not say which (B8) or bytes cannot be copied, -ENOMEM
    /// without memory for a token, -ETOOSMALL if not even one control message fits, -EAGAIN if nothing is queued.
    ///
    /// - Parameter memory: where bytes go that are not in the dmabuf.
    public func recvmsg(
        on socket: Socket, length: Int, control: UnsafeMutableRawBufferPointer,
        memory: UnsafeMutableRawBufferPointer? = nil
    ) -> ReceiveResult {
        guard let ringSet = socket.ringSet else {
            return receive(on: socket, for: socket.owner, length: length, control: control, memory: memory)
        }
        guard ringSet.delivers else {
            return receive(on: socket, for: ringSet.owner, length: length, control: control, memory: memory)
        }
        return receiveAnnounced(on: socket, of: ringSet, length: length, control: control, memory: memory)
    }

    /// Of an attached socket: what the delivery ring announced, or the end; -EBUSY otherwise, since two readers of one stream
    /// cannot be ordered.
    private func receiveAnnounced(
        on socket: Socket, of ringSet: RingSet, length: Int, control: UnsafeMutableRawBufferPointer,
        memory: UnsafeMutableRawBufferPointer?
    ) -> ReceiveResult {
        let announced = socket.announcedBytes
        guard announced > 0 else {
            return ReceiveResult(bytes: socket.endWasDelivered ? 0 : -Int(EBUSY), controlBytes: 0)
        }
        let result = receive(
            on: socket, for: nil, length: min(length, announced), control: control, memory: memory)
        guard result.bytes > 0 else { return result }
        socket.announcedBytes = announced - result.bytes
        if announced == result.bytes { _ = ringSet.deliver(socket) }
        return result
    }

    /// - Parameter owner: whom tokens are given; nil for nobody, then fragments in a dmabuf are -EFAULT.
    private func receive(
        on socket: Socket, for owner: TokenOwner?, length: Int, control: UnsafeMutableRawBufferPointer,
        memory: UnsafeMutableRawBufferPointer?
    ) -> ReceiveResult {
        let start = CostMeter.start()
        let result = ReceiveMessage(self, on: socket, for: owner, length: length, control: control, memory: memory)
            .run()
        if result.bytes > 0 {
            socket.issueCost.pointee.add(since: start, tokens: result.tokens)
        }
        return result
    }

    /// Lets the owner receive this fragment: makes it a user of the fragment's binding the first time.
    func admit(
        _ frag: Frag, on socket: Socket, for owner: TokenOwner
    ) -> Result<any TokenBookkeeping, ReceiveMessage.ReceiveError> {
        guard let binding = frag.binding else { return .failure(.init(errno: ENODEV)) }
        return binding._withUnsafeGuaranteedRef { binding in
            let bookkeeping = bookkeeping(of: socket, binding)
            return switch owner.admit(binding, bookkeeping: bookkeeping, joins: joins(binding, socket)) {
            case .admitted: .success(bookkeeping)
            case .dying: .failure(.init(errno: ENODEV))
            case .otherBinding: .failure(.init(errno: EFAULT))
            }
        }
    }

    /// `recvmsg` without the flag: -EFAULT on devmem data.
    public func recv(on socket: Socket, into memory: UnsafeMutableRawBufferPointer) -> Int {
        ReceiveMessage(
            self, on: socket, for: nil, length: memory.count,
            control: UnsafeMutableRawBufferPointer(start: nil, count: 0), memory: memory
        ).runPlain().bytes
    }

    /// `setsockopt(SO_DEVMEM_DONTNEED)` with an array of `struct dmabuf_token`. Of a socket whose fragments come through
    /// a ring set, tokens of that ring set.
    ///
    /// - Returns: fragments taken back, or -errno.
    public func dontNeed(on socket: Socket, _ argument: UnsafeRawBufferPointer) -> Int {
        if let ringSet = socket.ringSet { return ringSet.release(argument) }
        let start = CostMeter.start()
        let owner = socket.owner
        let perSocket = modes.isPerSocket && socket.mode == .automatic
        let bookkeeping = perSocket ? automatic : owner.binding?.bookkeeping ?? unreceivedBookkeeping
        let result = DontNeed.run(
            argument, from: owner, bookkeeping: bookkeeping, faults: faults)
        if result > 0 { socket.releaseCost.pointee.add(since: start, tokens: result) }
        return result
    }

    /// Of a socket that has not received: that of the mode the machine is in.
    private var unreceivedBookkeeping: any TokenBookkeeping {
        bindings.last { $0.direction == .receive && !$0.isFreed }?.bookkeeping ?? manual
    }

    /// A message on the netlink socket that opened `binding` (A18); see `netlinkMessage`.
    ///
    /// - Returns: fragments taken back, or -errno.
    public func netlinkRelease(on binding: Binding, _ message: UnsafeRawBufferPointer) -> Int {
        release(on: binding) { NetlinkReturn.run(message, from: $0, bookkeeping: binding.bookkeeping, faults: faults) }
    }

    /// What user space sends for these ranges.
    public static func netlinkMessage(_ ranges: UnsafeRawBufferPointer) -> [UInt8] { NetlinkReturn.message(ranges) }

    /// A call on a descriptor of `binding` (A19), with an array of `struct dmabuf_token`.
    ///
    /// - Returns: fragments taken back, or -errno.
    public func ioctlRelease(on binding: Binding, _ argument: UnsafeRawBufferPointer) -> Int {
        release(on: binding) { DontNeed.run(argument, from: $0, bookkeeping: binding.bookkeeping, faults: faults) }
    }

    private func release(on binding: Binding, _ body: (TokenOwner) -> Int) -> Int {
        let start = CostMeter.start()
        let result = body(opener(of: binding))
        if result > 0 { binding.releaseCost.withLock { $0.add(since: start, tokens: result) } }
        return result
    }

    /// `setsockopt(SO_DEVMEM_AUTORELEASE)` (A9): 0; -ENOPROTOOPT where there is no such option, -EINVAL for another value
    /// than 0 and 1, -EBUSY while the socket holds tokens.
    public func setAutorelease(_ value: Int, on socket: Socket) -> Int {
        guard modes.isPerSocket else { return -Int(ENOPROTOOPT) }
        guard let mode = UInt8(exactly: value).flatMap(TokenMode.init(rawValue:)) else { return -Int(EINVAL) }
        guard socket.costs.issue.allTokens == socket.costs.release.allTokens else { return -Int(EBUSY) }
        socket.mode = mode
        socket.owner.forgetLedger()
        return 0
    }

    /// `getsockopt(SO_DEVMEM_AUTORELEASE)`: 0 or 1, or -ENOPROTOOPT.
    public func autorelease(of socket: Socket) -> Int {
        modes.isPerSocket ? Int(socket.mode.rawValue) : -Int(ENOPROTOOPT)
    }

    /// Closes a socket: what it has queued is freed, and its tokens as the clean-up policy says. Once.
    public func close(_ socket: Socket) {
        guard socket.markClosed() else { return }
        // An attachment that is being made is seen here, or sees that the socket is closed.
        if let ringSet = device.napi.withLock({ socket.ringSet }) { _ = detach(socket, from: ringSet) }
        socket.purge()
        let perSocket = modes.isPerSocket && socket.mode == .automatic
        for binding in socket.owner.bindings where perSocket || binding.cleanUp.endsWithOwner {
            (perSocket ? automatic : binding.bookkeeping).close(socket.owner)
        }
        socket.owner.leaveAll { joins($0, socket) }
    }

    /// Closes a ring set's descriptor: what is in its return ring is taken back, and the rest as the clean-up policy
    /// says. Once.
    ///
    /// - Returns: buffers that came home by the clean-up, after what was in the return ring.
    @discardableResult
    public func close(_ ringSet: RingSet) -> Int {
        // No softirq meanwhile: it reads who serves a socket, and whom to ask for buffers.
        let (sockets, home) = device.napi.withLock { () -> ([Socket], Int) in
            guard !ringSet.isClosed else { return ([], 0) }
            _ = ringSet.flush()
            let pool = ringSet.binding.pool
            let before = pool.audit.freeBuffers
            let sockets = ringSet.close()
            pool.provider.pointee.remove(ringSet)
            return (sockets, pool.audit.freeBuffers - before)
        }
        if ringSet.binding.cleanUp.countsUsers { for _ in sockets { ringSet.binding.leave() } }
        return home
    }

    /// Forgets sockets and ring sets that are closed. Their costs and refusals are no longer in the books, and flows are
    /// numbered anew: for a kernel that runs for long, whose caller keeps what it wants to know.
    public func forgetClosed() {
        let forgotten = control.withLock { () -> ([Socket], [RingSet]) in
            let forgotten = (allSockets.filter(\.isClosed), allRingSets.filter(\.isClosed))
            allSockets.removeAll(where: \.isClosed)
            allRingSets.removeAll(where: \.isClosed)
            return forgotten
        }
        // Their memory goes now, outside the lock.
        withExtendedLifetime(forgotten) {}
    }

    /// `TOKEN_RING_ATTACH`: what `socket` receives comes through `ringSet`, what it has queued too.
    ///
    /// - Returns: 0; -EALREADY if it is attached to any ring set, -EBUSY if it holds tokens of its own, -ENODEV if the
    ///   binding is dying, -EBADF if either is closed.
    public func attach(_ socket: Socket, to ringSet: RingSet) -> Int {
        // The checks too: of two calls at once, one finds what the other has done.
        device.napi.withLock {
            guard !socket.isClosed, !ringSet.isClosed else { return -Int(EBADF) }
            guard socket.ringSet == nil else { return -Int(EALREADY) }
            let binding = ringSet.binding
            guard !binding.bookkeeping.holdsTokens(socket.owner) else { return -Int(EBUSY) }
            // An attached socket is a user, whether it received before or not.
            guard !binding.cleanUp.countsUsers || binding.join() else { return -Int(ENODEV) }
            ringSet.attach(socket)
            _ = ringSet.deliver(socket)
            return 0
        }
    }

    /// `TOKEN_RING_DETACH`: from now on recvmsg receives what `socket` has queued. Its tokens stay those of the ring set.
    ///
    /// - Returns: 0, or -ENOENT if it is not attached to this ring set.
    public func detach(_ socket: Socket, from ringSet: RingSet) -> Int {
        device.napi.withLock {
            guard socket.ringSet === ringSet else { return -Int(ENOENT) }
            ringSet.detach(socket)
            if ringSet.binding.cleanUp.countsUsers { ringSet.binding.leave() }
            return 0
        }
    }

    // MARK: by flow

    /// See `recvmsg(on:length:control:memory:)`.
    public func recvmsg(on flow: Int, length: Int, control: UnsafeMutableRawBufferPointer) -> ReceiveResult {
        recvmsg(on: sockets[flow], length: length, control: control)
    }

    /// See `dontNeed(on:_:)`.
    public func dontNeed(on flow: Int, _ argument: UnsafeRawBufferPointer) -> Int {
        dontNeed(on: sockets[flow], argument)
    }

    /// The flush call on every ring set.
    ///
    /// - Returns: tokens taken back, or -EOPNOTSUPP without rings.
    public func flush() -> Int {
        let ringSets = self.ringSets
        return ringSets.isEmpty ? -Int(EOPNOTSUPP) : ringSets.reduce(0) { $0 + $1.flush() }
    }

    /// The kick call on every ring set that delivers.
    ///
    /// - Returns: fragments delivered, or -EOPNOTSUPP without such rings.
    public func kick() -> Int {
        let ringSets = self.ringSets.filter(\.delivers)
        return ringSets.isEmpty ? -Int(EOPNOTSUPP) : ringSets.reduce(0) { $0 + $1.kick() }
    }

    /// Closes a socket.
    public func close(_ flow: Int) { close(sockets[flow]) }

    /// Closes every ring set.
    public func closeRings() {
        for ringSet in ringSets { close(ringSet) }
    }
}

extension RingTopology {
    /// Which sockets each ring set serves.
    func groups(_ sockets: [Socket], threads: Int) -> [[Socket]] {
        switch self {
        case .none: []
        case .ringPerBinding, .ringShared: [sockets]
        case .ringPerSocket: sockets.map { [$0] }
        case .ringPerThread:
            (0..<max(1, threads)).map { thread in
                sockets.enumerated().filter { $0.offset % max(1, threads) == thread }.map(\.element)
            }
        }
    }
}
