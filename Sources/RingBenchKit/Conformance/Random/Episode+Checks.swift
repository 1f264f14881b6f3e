import RingKernelModel

extension Episode {
    /// No buffer is lost, none is in the pool that is out, none was freed twice.
    func checkBooks() throws {
        for binding in bindings {
            let audit = binding.binding.pool.audit
            guard
                audit.freeBuffers != audit.buffers - binding.buffersOut || audit.doubleFrees > 0
                    || audit.freedWhileHeld > 0
            else { continue }
            throw Mismatch(
                description:
                    "binding \(binding.binding.id): \(audit.freeBuffers) of \(audit.buffers) buffers are in the pool "
                    + "and \(binding.buffersOut) are out; \(audit.doubleFrees) freed twice, "
                    + "\(audit.freedWhileHeld) freed while user space held them")
        }
    }

    /// Each buffer that user space holds is not in the pool, and refusals were counted exactly.
    func checkHeld() throws {
        for binding in bindings {
            for niov in binding.inUse.indices where binding.inUse[niov] != nil {
                try require(
                    !binding.binding.pool.hasBuffer(NetIOVIndex(niov)),
                    "buffer \(niov) of binding \(binding.binding.id) is in the pool while user space holds it")
            }
        }
        let counted = kernel.refusals.total
        try require(counted == refused, "\(counted) returns were refused, \(refused) should have been")
        try require(kernel.oopses.all.isEmpty, "the kernel would have crashed: \(kernel.oopses.all.first ?? "")")
    }

    /// A fragment was handed to user space: its buffer was not with user space already, its bytes are the next of the stream, and
    /// its token is what the proposal says.
    func learn(
        _ frag: ReceivedFrag, of socket: EpisodeSocket, _ buffer: ShadowBuffer, to owner: ShadowOwner
    ) throws {
        let binding = buffer.binding
        let niov = Int(frag.offset) / Binding.pageBytes
        try require(
            niov < binding.inUse.count && Int(frag.size) == fragBytes, "a fragment is not in the dmabuf: \(frag)")
        if buffer.niov < 0 {
            try require(
                binding.inUse[niov] == nil, "buffer \(niov) was filled again while user space or a queue had it")
            buffer.niov = niov
            binding.inUse[niov] = buffer
        } else {
            try require(buffer.niov == niov, "a fragment is in buffer \(niov) and should be in \(buffer.niov)")
        }
        let bytes = UnsafeRawBufferPointer(start: binding.binding.memory.base + Int(frag.offset), count: fragBytes)
        try require(
            socket.content.matches(at: socket.position, bytes, depth: .stamps),
            "socket \(socket.socket.cookie) received wrong bytes at \(socket.position)")
        socket.position += UInt64(fragBytes)
        if let wrong = owner.issue(frag.token, of: buffer) { throw Mismatch(description: wrong) }
        holds.append(Hold(token: frag.token, binding: binding, owner: owner))
        tokens += 1
    }
}
