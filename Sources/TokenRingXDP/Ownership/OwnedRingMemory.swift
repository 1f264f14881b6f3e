#if DEBUG
    import TokenRing

    /// A socket's ring that books each entry when it crosses: a producer's when it is published, a consumer's when it is
    /// released. Debug builds only; a release build uses the mapped memory as it is.
    public struct OwnedRingMemory<Entry: UMEMEntry>: PlainSlots {
        private let memory: MappedRingMemory<Entry>
        private let ring: KernelRing
        private let ownership: FrameOwnership?

        init(_ memory: MappedRingMemory<Entry>, ring: KernelRing, ownership: FrameOwnership?) {
            self.memory = memory
            self.ring = ring
            self.ownership = ownership
        }

        /// Slots in the ring.
        public var capacity: UInt32 { memory.capacity }
        /// Whether this ring has the word.
        public func has(_ word: RingWord) -> Bool { memory.has(word) }
        /// The shared word.
        public func sharedWord(_ word: RingWord) -> SharedWord? { memory.sharedWord(word) }
        /// Reads a word with acquire ordering.
        public func loadAcquire(_ word: RingWord) -> UInt32 { memory.loadAcquire(word) }
        /// Reads a word with no ordering.
        public func loadRelaxed(_ word: RingWord) -> UInt32 { memory.loadRelaxed(word) }
        /// A sequentially consistent fence.
        public func fullFence() { memory.fullFence() }
        /// Where the slot of `index` is.
        public func slot(of index: RingIndex) -> UnsafeMutablePointer<Entry> { memory.slot(of: index) }
        /// Copies the entry in the slot of `index`.
        public func loadEntry(at index: RingIndex) -> Entry { memory.loadEntry(at: index) }
        /// Writes the entry into the slot of `index`.
        public func storeEntry(_ entry: Entry, at index: RingIndex) { memory.storeEntry(entry, at: index) }

        /// Books the entries that go to the kernel, and publishes them.
        public func publish(from first: RingIndex, to end: RingIndex) {
            book(from: first, to: end, ring == .fill ? .fill : .transmit)
            memory.publish(from: first, to: end)
        }

        /// Books the entries that a consumer releases, before the kernel may write over them.
        public func storeRelease(_ value: UInt32, to word: RingWord) {
            if word == .consumer {
                book(from: RingIndex(memory.loadRelaxed(.consumer)), to: RingIndex(value), .application)
            }
            memory.storeRelease(value, to: word)
        }

        private func book(from first: RingIndex, to end: RingIndex, _ destination: FrameOwnership.Place) {
            let origin: FrameOwnership.Place =
                switch ring {
                case .fill, .transmit: .application
                case .receive: .fill
                case .completion: .transmit
                }
            for offset in 0..<min(end.distance(from: first), capacity) {
                ownership?.move(
                    memory.loadEntry(at: first &+ offset).umemAddress, from: origin, to: destination, through: ring)
            }
        }
    }
#endif
