import RingKernelModel
import TokenRing

extension Load {
    /// What a refusal calls a value: an option of the command line, or a key of a profile.
    public enum Naming: Sendable {
        /// `--flows`.
        case options
        /// `flows` of that file.
        case keys(of: String)

        /// The name of the value with this key.
        func name(_ key: String) -> String {
            switch self {
            case .keys(let file): "\(file): \"\(key)\""
            case .options where key == CodingKeys.deliveryEntries.rawValue: "--delivery-ring"
            case .options where key == CodingKeys.returnEntries.rawValue: "--return-ring"
            case .options: "--" + String(key.map { $0 == "_" ? "-" : $0 })
            }
        }
    }

    /// Refuses what cannot be run, naming the option or key.
    public func validate(_ naming: Naming = .options) throws(Failure) {
        func require(_ holds: Bool, _ key: CodingKeys, _ value: Int, _ rule: String) throws(Failure) {
            if !holds { throw Failure(.usage, "\(naming.name(key.rawValue)) is \(value): \(rule)") }
        }
        try require((1...64).contains(flows), .flows, flows, "1 to 64 flows can be run")
        try require(
            niovBytes.nonzeroBitCount == 1 && (Binding.pageBytes...1 << 21).contains(niovBytes), .niovBytes, niovBytes,
            "it must be a power of two from \(Binding.pageBytes) to 2 MiB")
        try require(
            fragBytes % 8 == 0 && (8...niovBytes).contains(fragBytes), .fragBytes, fragBytes,
            "it must be a multiple of 8 up to a buffer's \(niovBytes)")
        try require(
            readBytes >= fragBytes && readBytes <= 1 << 20, .readBytes, readBytes,
            "it must hold a fragment of \(fragBytes) and be at most 1 MiB")
        try require(
            (1...1024).contains(returnBatch), .returnBatch, returnBatch,
            "1 to 1024 tokens can be returned at a time, in calls of 128")
        try require(
            (1...flows).contains(threads), .threads, threads, "there must be 1 to \(flows), a flow for each")
        try require(
            rings == 0 || (threads...flows).contains(rings), .rings, rings,
            "there must be \(threads) to \(flows), one for each thread at least and for each flow at most")
        try require((0...1 << 20).contains(heldTokens), .heldTokens, heldTokens, "it must be between 0 and 1048576")
        try require((0...4096).contains(burstFrags), .burstFrags, burstFrags, "it must be between 0 and 4096")
        try require((0...1 << 20).contains(windowFrags), .windowFrags, windowFrags, "it must be between 0 and 1048576")
        try require(
            (1024...1 << 21).contains(niovs), .niovs, niovs, "it must be between 1024 (4 MiB of buffers) and 2097152")
        try require((1...1 << 32).contains(tokens), .tokens, tokens, "it must be 1 or more")
        try require(
            otherBindings.count < NetDevice().queues.count, .otherBindings, otherBindings.count,
            "the device has \(NetDevice().queues.count) queues, and one is the measured binding's")
        for (key, entries) in [(CodingKeys.deliveryEntries, deliveryEntries), (.returnEntries, returnEntries)] {
            try require(
                entries.nonzeroBitCount == 1 && entries <= RingLayout.mostEntries, key, Int(entries),
                "a ring's size must be a power of two up to \(RingLayout.mostEntries)")
        }
        try require(
            niovs > mostTokensOut, .niovs, niovs,
            "queues, rings and return batches can hold \(mostTokensOut) of them; use more buffers")
        try requireMemory(naming)
    }

    /// Refuses proposals under which the other programs' bindings cannot be beside the measured one.
    ///
    /// - Throws: `Failure`, naming the proposal and what its bind said.
    func requireBindings(of compositions: [Composition]) throws(Failure) {
        guard !otherBindings.isEmpty else { return }
        var configuration = Kernel.Configuration()
        configuration.niovs = 1024
        configuration.otherBindings = otherBindings
        for composition in compositions {
            do {
                let kernel = try Kernel(composition, configuration)
                kernel.closeRings()
            } catch {
                let modes = otherBindings.map { "\($0.rawValue)" }.joined(separator: ",")
                throw Failure(
                    .usage,
                    "other bindings with mode \(modes): \(composition.name) refuses a binding: \(error); give all one "
                        + "mode, or leave that proposal out with --proposals")
            }
        }
    }

    /// Bytes of one run: buffers, what the model keeps for each, and the rings of the topology that has most.
    var memoryBytes: Int {
        let ringBytes =
            Int(deliveryEntries) * MemoryLayout<FragDescriptor>.stride
            + Int(returnEntries) * MemoryLayout<RefillEntry>.stride
        return niovs * (niovBytes + 80) + flows * ringBytes
    }

    private func requireMemory(_ naming: Naming) throws(Failure) {
        guard let available = HostMemory.availableBytes, memoryBytes > available else { return }
        let largest = niovs * niovBytes > memoryBytes / 2 ? CodingKeys.niovs : .deliveryEntries
        throw Failure(
            .usage,
            "\(naming.name(largest.rawValue)): buffers and rings need \(memoryBytes >> 20) MiB of memory and "
                + "\(available >> 20) MiB are available")
    }
}
