import CTokenRing
import Glibc
import RingKernelModel
import TokenRing

extension Episode {
    /// A NAPI poll: fragments arrive for a socket, mostly of the binding that it has.
    func arrive(_ socket: EpisodeSocket?, upTo count: Int, _ choice: Int) throws {
        guard let socket, let other = pick(bindings, choice / 8) else { return }
        let home = socket.ringSet?.binding ?? socket.owner.current ?? bindings[bindings.count - 1]
        let binding = choice % 8 == 0 ? other : home
        let wanted = min(count, window - socket.queue.count)
        let result = kernel.softirq(Arrival(frags: count), on: socket.socket, from: binding.binding)
        did(
            "\(result.received) of \(count) fragments of binding \(binding.binding.id) arrive on socket \(socket.socket.cookie)"
        )
        // The pool looked at the return rings before it looked anywhere else.
        for ringSet in openRingSets { _ = try applyConsumed(ringSet, inSoftirq: true) }
        try require(result.received <= wanted, "\(result.received) fragments came into room for \(wanted)")
        try require(!binding.isUnbound || result.received == 0, "fragments came through a queue that is unbound")
        let perBuffer = Binding.pageBytes / fragBytes
        var left = result.received
        while left > 0 {
            let here = min(perBuffer, left)
            let buffer = ShadowBuffer(binding, queued: here)
            socket.queue += Array(repeating: buffer, count: here)
            left -= here
        }
        if result.received < wanted, !binding.isUnbound {
            try require(
                binding.binding.pool.audit.freeBuffers == 0,
                "\(result.received) of \(wanted) came with buffers to spare")
        }
        let expected = socket.ringSet?.deliver(socket) ?? 0
        try require(result.delivered == expected, "\(result.delivered) entries were made and not \(expected)")
        if let ringSet = socket.ringSet { try lookAtEntries(of: ringSet) }
    }

    /// recvmsg on a socket.
    func receive(_ socket: EpisodeSocket?, most: Int, messages: Int) throws {
        guard let socket else { return }
        guard socket.ringSet.map({ $0.capacity == 0 }) ?? true else { return try receiveBesideRing(socket) }
        let owner = socket.ringSet?.owner ?? socket.owner
        let isDefective = policy == .unbind && socket.queue.first?.binding.isUnbound == true
        guard !isDefective else { return }
        let messages = subject.truncates ? 32 : messages
        let (expected, taken) = expectReception(socket, owner, most, messages)
        try withUnsafeTemporaryAllocation(byteCount: max(1, messages) * ControlMessages.space, alignment: 8) { room in
            let control = UnsafeMutableRawBufferPointer(rebasing: room[..<(messages * ControlMessages.space)])
            let result = kernel.recvmsg(on: socket.socket, length: most * fragBytes, control: control)
            did(
                "socket \(socket.socket.cookie) receives \(ErrnoName.text(of: result.bytes)), asked for \(most) fragments with "
                    + "\(messages) messages")
            try require(
                result.bytes == expected,
                "recvmsg said \(ErrnoName.text(of: result.bytes)) and not \(ErrnoName.text(of: expected))")
            var frags: [ReceivedFrag] = []
            ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: result.controlBytes) {
                frags.append($0)
            }
            try require(frags.count == taken, "\(frags.count) tokens came and not \(taken)")
            for (number, frag) in frags.enumerated() {
                let buffer = socket.queue.removeFirst()
                let identifier = ControlMessages.dmabufID(in: UnsafeRawBufferPointer(control), at: number)
                try require(identifier == buffer.binding.binding.id, "dmabuf_id is \(identifier)")
                try learn(frag, of: socket, buffer, to: owner)
            }
        }
    }

    /// recvmsg on a socket whose fragments come through a ring: two readers of one stream cannot be ordered, and what was announced
    /// is in another binding's dmabuf and cannot be copied (uapi.md 4).
    private func receiveBesideRing(_ socket: EpisodeSocket) throws {
        let expected = -Int(socket.isAnnounced ? EFAULT : EBUSY)
        let result = withUnsafeTemporaryAllocation(byteCount: ControlMessages.space, alignment: 8) {
            kernel.recvmsg(on: socket.socket, length: fragBytes, control: $0).bytes
        }
        did("socket \(socket.socket.cookie) receives \(ErrnoName.text(of: result)) beside its ring")
        try require(
            result == expected,
            "recvmsg beside a ring said \(ErrnoName.text(of: result)) and not \(ErrnoName.text(of: expected))")
    }

    /// What recvmsg should say, by the order of its checks (sources.md 2.1): who may receive, then room for messages.
    private func expectReception(
        _ socket: EpisodeSocket, _ owner: ShadowOwner, _ most: Int, _ messages: Int
    ) -> (result: Int, taken: Int) {
        var taken = 0
        func end(_ errno: Int32) -> (Int, Int) { (taken > 0 ? taken * fragBytes : -Int(errno), taken) }
        while taken < most {
            guard taken < socket.queue.count else { return end(EAGAIN) }
            let binding = socket.queue[taken].binding
            switch owner.admit(binding) {
            case .admitted: break
            case .dying: return end(ENODEV)
            case .otherBinding: return end(EFAULT)
            }
            // As many as one skb can have are looked at together.
            let fitting = socket.queue[taken...].prefix(min(17, most - taken)).prefix { $0.binding === binding }.count
            let batch = min(fitting, messages - taken)
            guard batch > 0 else { return end(525) }
            taken += batch
            guard batch == fitting else { break }
        }
        return (taken * fragBytes, taken)
    }

    /// User space gives up slots of the delivery ring.
    func takeFromRing(_ ringSet: EpisodeRingSet?, upTo count: Int) {
        guard let ringSet else { return }
        let given = min(count, ringSet.occupied)
        ringSet.user.release(given)
        ringSet.occupied -= given
        did("\(given) slots of a delivery ring are free again")
    }

    /// The kick call.
    func kick(_ ringSet: EpisodeRingSet?) throws {
        guard let ringSet, ringSet.capacity > 0 else { return }
        let delivered = ringSet.user.ringSet.kick()
        did("kick: \(delivered) delivered")
        let expected = ringSet.deliverWaiting()
        try require(delivered == expected, "\(delivered) entries were made and not \(expected)")
        try lookAtEntries(of: ringSet)
    }

    /// What came into a delivery ring is what should have, in order, and the kernel asks for a kick exactly when data waits.
    func lookAtEntries(of ringSet: EpisodeRingSet) throws {
        guard ringSet.capacity > 0 else { return }
        var entries: [FragDescriptor] = []
        ringSet.user.look { entries.append($0) }
        try require(
            entries.count == ringSet.expected.count,
            "\(entries.count) entries are in the ring and not \(ringSet.expected.count)")
        for (entry, (socket, buffer)) in zip(entries, ringSet.expected) {
            try require(
                entry.socket_cookie == socket.socket.cookie, "an entry names socket \(entry.socket_cookie)")
            let isAnnounced = entry.flags & UInt32(TOKEN_RING_FRAG_LINEAR) != 0
            try require(isAnnounced == (buffer == nil), "what is of another binding is announced, and nothing else")
            guard let buffer else { continue }
            try learn(
                ReceivedFrag(offset: entry.frag_offset, size: entry.frag_size, token: entry.frag_token), of: socket,
                buffer, to: ringSet.owner)
        }
        ringSet.expected = []
        let asks = !ringSet.waiting.isEmpty
        try require(
            ringSet.user.asksForKick == asks,
            asks ? "data waits and nobody asks for a kick" : "a kick is asked for and nothing waits")
    }
}
