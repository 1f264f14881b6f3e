import RingKernelModel
import TokenRing

extension ScenarioKernel {
    /// One fragment that arrives on a socket and is received at once.
    ///
    /// - Throws: `Stuck` when it was not.
    func one(flow: Int = 0, from binding: Binding? = nil) throws -> ReceivedFrag {
        try take(1, flow: flow, from: binding)[0]
    }

    /// Fragments that arrive on a socket and are received at once.
    ///
    /// - Throws: `Stuck` when they were not.
    @discardableResult
    func take(_ count: Int, flow: Int = 0, from binding: Binding? = nil) throws -> [ReceivedFrag] {
        var frags: [ReceivedFrag] = []
        while frags.count < count {
            let part = min(32, count - frags.count)
            arrive(part, flow: flow, from: binding)
            let received = receive(part, flow: flow)
            guard !received.frags.isEmpty else {
                throw Stuck(
                    description: "\(count) fragments were to be received, \(frags.count) were: "
                        + ErrnoName.text(of: received.result))
            }
            frags += received.frags
        }
        return frags
    }

    /// Gives fragments back and waits until the kernel has taken them: a range for each, in calls of 128.
    ///
    /// - Returns: how many were taken back, or the first -errno.
    @discardableResult
    func giveBack(_ frags: [ReceivedFrag], flow: Int = 0, on binding: Binding? = nil) -> Int {
        var released = 0
        for start in stride(from: 0, to: frags.count, by: 128) {
            let ranges = frags[start...].prefix(128).map { TokenRange(token_start: $0.token, token_count: 1) }
            let result = giveBack(ranges, flow: flow, on: binding)
            guard result >= 0 else { return result }
            released += result
        }
        return released
    }

    /// Gives ranges back in the proposal's own way and waits until the kernel has looked at them.
    ///
    /// - Parameters:
    ///   - flow: on whose socket or ring.
    ///   - binding: on whose descriptor, where it is one of the binding's; the first.
    /// - Returns: how many were taken back, or -errno.
    @discardableResult
    func giveBack(_ ranges: [TokenRange], flow: Int = 0, on binding: Binding? = nil) -> Int {
        let result = subject.returnsByRing ? putAndFlush(ranges, flow) : call(ranges, flow, binding ?? kernel.binding)
        did("return \(Self.text(ranges)) on socket \(flow): \(ErrnoName.text(of: result))")
        if result > 0 { forget(ranges, taken: result, flow: flow) }
        return result
    }

    /// Puts fragments into the return ring and leaves it to the kernel to take them.
    func submit(_ frags: [ReceivedFrag], flow: Int = 0) {
        submit(frags.map { TokenRange(token_start: $0.token, token_count: 1) }, flow: flow)
    }

    /// Puts ranges into the return ring and leaves it to the kernel to take them.
    ///
    /// - Returns: whether there was room.
    @discardableResult
    func submit(_ ranges: [TokenRange], flow: Int = 0) -> Bool {
        let all = userRings(of: flow)?.put(ranges) { false } ?? false
        did("submit \(Self.text(ranges))\(all ? "" : ": the ring is full")")
        if all { forget(ranges, taken: .max, flow: flow) }
        return all
    }

    /// The flush call on a socket's ring set, until it finds nothing: zcrx's ends at an entry that it does not like.
    @discardableResult
    func flush(flow: Int = 0) -> Int {
        guard let user = userRings(of: flow) else { return 0 }
        var released = 0
        while true {
            let consumed = user.returnIndices.consumer.loadAcquire()
            released += user.ringSet.flush()
            guard user.returnIndices.consumer.loadAcquire() != consumed else { return released }
        }
    }

    private func putAndFlush(_ ranges: [TokenRange], _ flow: Int) -> Int {
        guard let user = userRings(of: flow) else { return 0 }
        var released = 0
        _ = user.put(ranges) {
            let now = flush(flow: flow)
            released += now
            return !user.ringSet.isClosed
        }
        return released + flush(flow: flow)
    }

    /// The call of a proposal that returns in calls.
    private func call(_ ranges: [TokenRange], _ flow: Int, _ binding: Binding) -> Int {
        ranges.withUnsafeBytes { bytes in
            switch subject.returning {
            case .netlink:
                Kernel.netlinkMessage(bytes).withUnsafeBytes { kernel.netlinkRelease(on: binding, $0) }
            case .ioctl: kernel.ioctlRelease(on: binding, bytes)
            default:
                subject.rules.namesBinding
                    ? callNaming(binding, ranges, flow) : kernel.dontNeed(on: kernel.sockets[flow], bytes)
            }
        }
    }

    /// SO_DEVMEM_DONTNEED_V2 (A17).
    private func callNaming(_ binding: Binding, _ ranges: [TokenRange], _ flow: Int) -> Int {
        let named = ranges.map { BindingTokenRange(start: $0.token_start, count: $0.token_count, binding: binding.id) }
        return named.withUnsafeBytes { kernel.dontNeedV2(on: kernel.sockets[flow], $0) }
    }

    /// The call beside a return ring, or the proposal's only call: an array as SO_DEVMEM_DONTNEED takes it.
    func callBack(_ ranges: [TokenRange], flow: Int = 0) -> Int {
        let result =
            subject.hasReturnRing
            ? ranges.withUnsafeBytes { bytes in userRings(of: flow)?.ringSet.release(bytes) ?? 0 }
            : call(ranges, flow, kernel.binding)
        did("return \(Self.text(ranges)) in a call: \(ErrnoName.text(of: result))")
        if result > 0 { forget(ranges, taken: result, flow: flow) }
        return result
    }

    /// Sends so many bytes of 0 where an array of ranges is expected.
    ///
    /// - Returns: what the call says.
    func sendBytes(_ count: Int) -> Int {
        let bytes = [UInt8](repeating: 0, count: count)
        return bytes.withUnsafeBytes { bytes in
            switch subject.returning {
            case .socketOption: kernel.dontNeed(on: kernel.sockets[0], bytes)
            case .netlink: kernel.netlinkRelease(on: kernel.binding, bytes)
            case .ioctl: kernel.ioctlRelease(on: kernel.binding, bytes)
            default: userRings(of: 0)?.ringSet.release(bytes) ?? 0
            }
        }
    }

    /// Returned tokens are no longer held, oldest range first.
    private func forget(_ ranges: [TokenRange], taken: Int, flow: Int) {
        var left = taken
        let owner = self.owner(of: flow)
        for range in ranges {
            // No more can be found than is held, however long the range says that it is.
            let end = UInt64(range.token_start) + UInt64(range.token_count)
            var position = 0
            var seen: [UInt32: Int] = [:]
            while position < held.count, left > 0 {
                let token = held[position].frag.token
                let mine = subject.rules.scope == .binding || subject.returnsOnBinding || held[position].owner == owner
                let inside = token >= range.token_start && UInt64(token) < end
                if mine, inside, seen[token, default: 0] == 0 {
                    seen[token] = 1
                    held.remove(at: position)
                    left -= 1
                } else {
                    position += 1
                }
            }
        }
    }

    /// Gives back everything that user space holds or could still take delivery of, where its owner is open.
    func giveBackAll() {
        guard !hasLostReturnRing else { return }
        for flow in kernel.sockets.indices where userRings(of: flow).map({ !$0.ringSet.isClosed }) ?? true {
            if subject.deliversByRing { _ = receive(.max, flow: flow) }
        }
        for token in held {
            let isOpen = userRings(of: token.flow).map { !$0.ringSet.isClosed } ?? !kernel.sockets[token.flow].isClosed
            guard isOpen || subject.returnsOnBinding else { continue }
            giveBack([token.frag], flow: token.flow, on: token.binding)
        }
    }

    /// Closes everything in the usual order.
    func tearDown() {
        kernel.closeRings()
        for socket in kernel.sockets { kernel.close(socket) }
        for binding in kernel.bindings { kernel.unbind(binding) }
    }

    /// What is wrong with the books once everything is closed; nil when every buffer is in its pool, once.
    var wrongBooks: String? {
        for binding in kernel.bindings {
            let audit = binding.pool.audit
            guard !audit.isWhole else { continue }
            return "binding \(binding.id): \(audit.freeBuffers) of \(audit.buffers) buffers in the pool, "
                + "\(audit.doubleFrees) freed twice, \(audit.freedWhileHeld) freed while user space held them"
        }
        return nil
    }

    private static func text(_ ranges: [TokenRange]) -> String {
        let first = ranges.prefix(3).map {
            $0.token_count == 1 ? "\($0.token_start)" : "\($0.token_start)+\($0.token_count)"
        }
        return first.joined(separator: ", ") + (ranges.count > 3 ? " and \(ranges.count - 3) more" : "")
    }
}
