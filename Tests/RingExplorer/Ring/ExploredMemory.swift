import TokenRing

/// The memory of one ring on the abstract machine: what `MappedRingMemory` is in mapped memory. Both sides have a copy and
/// say which side they are, so that a barrier can be left out on one of them.
struct ExploredMemory<Entry: PhasedEntry & BitwiseCopyable>: PhasedRingMemory {
    private let words: Words
    private let side = Side()
    private let publishesInSlots: Bool
    private let missing: Barrier?

    /// The memory that both sides share.
    final class Words {
        let machine: Machine
        let capacity: UInt32
        let producer: Location
        let consumer: Location
        let producerFlags: Location
        let consumerFlags: Location
        let slots: [Cell]
        let phases: [Location]
        var entries: [Entry]

        init(_ machine: Machine, capacity: UInt32, start: UInt32, filler: Entry, phases hasPhases: Bool) {
            self.machine = machine
            self.capacity = capacity
            func word(_ name: String, _ value: UInt32) -> Location {
                machine.location(name, initially: value, hasOneWriter: true)
            }
            producer = word("producer", start)
            consumer = word("consumer", start)
            producerFlags = word("producerFlags", 0)
            consumerFlags = word("consumerFlags", 0)
            slots = (0..<capacity).map { machine.cell("slot \($0)") }
            phases = hasPhases ? (0..<capacity).map { word("phase \($0)", 0) } : []
            entries = Array(repeating: filler, count: Int(capacity))
        }

        func location(_ word: RingWord) -> Location {
            switch word {
            case .producer: producer
            case .consumer: consumer
            case .producerFlags: producerFlags
            case .consumerFlags: consumerFlags
            }
        }
    }

    /// What one side did last, to tell its two fences apart.
    private final class Side {
        var hasAskedForWakeup = false
    }

    /// One side's access to `words`, one barrier missing.
    init(_ words: Words, without missing: Barrier?) {
        self.words = words
        self.missing = missing
        publishesInSlots = !words.phases.isEmpty
    }

    private var machine: Machine { words.machine }

    var capacity: UInt32 { words.capacity }

    func has(_ word: RingWord) -> Bool { true }

    func sharedWord(_ word: RingWord) -> SharedWord? { nil }

    func loadAcquire(_ word: RingWord) -> UInt32 {
        let isMissing =
            word == .consumer
            ? missing == .consumerAcquire : word == .producer && missing == .publishedAcquire && !publishesInSlots
        return machine.load(words.location(word), isMissing ? .relaxed : .acquire)
    }

    func loadRelaxed(_ word: RingWord) -> UInt32 { machine.load(words.location(word), .relaxed) }

    func storeRelease(_ value: UInt32, to word: RingWord) {
        let isMissing =
            word == .consumer
            ? missing == .consumerRelease : word == .producer && missing == .publishRelease && !publishesInSlots
        machine.store(value, to: words.location(word), isMissing ? .relaxed : .release)
        if word == .producerFlags || word == .consumerFlags { side.hasAskedForWakeup = value != 0 }
    }

    func fullFence() {
        // The fence behind a request to be woken is F, the others are E.
        if missing == (side.hasAskedForWakeup ? .sleepFence : .wakeFence) { return }
        machine.fence()
    }

    func loadEntry(at index: RingIndex) -> Entry { loadEntry(inSlot: index.rawValue & (capacity &- 1)) }

    func loadEntry(inSlot slot: UInt32) -> Entry {
        let number = Int(slot)
        machine.read(words.slots[number])
        var entry = words.entries[number]
        if publishesInSlots { entry.setPhaseWord(machine.readPlainly(words.phases[number])) }
        withUnsafeBytes(of: entry) { for byte in $0 { machine.note(UInt32(byte)) } }
        return entry
    }

    func storeEntry(_ entry: Entry, at index: RingIndex) {
        let number = Int(index.rawValue & (capacity &- 1))
        if machine.write(words.slots[number]) { words.entries[number] = entry }
    }

    // MARK: phases

    func loadPhaseAcquire(inSlot slot: UInt32) -> UInt32 {
        machine.load(words.phases[Int(slot)], missing == .publishedAcquire ? .relaxed : .acquire)
    }

    func loadPhaseRelaxed(inSlot slot: UInt32) -> UInt32 { machine.load(words.phases[Int(slot)], .relaxed) }

    func storePhaseRelease(_ word: UInt32, inSlot slot: UInt32) {
        machine.store(word, to: words.phases[Int(slot)], missing == .publishRelease ? .relaxed : .release)
    }

    func storeEntry(_ entry: Entry, inSlot slot: UInt32, phase: UInt32) {
        let number = Int(slot)
        if machine.write(words.slots[number]) { words.entries[number] = entry }
        machine.store(entry.phaseWord & ~(1 << 31) | phase & 1 << 31, to: words.phases[number], .relaxed)
    }
}

extension PhasedEntry where Self: BitwiseCopyable {
    fileprivate var phaseWord: UInt32 {
        withUnsafeBytes(of: self) { $0.load(fromByteOffset: Self.phaseWordOffset, as: UInt32.self) }
    }

    fileprivate mutating func setPhaseWord(_ word: UInt32) {
        withUnsafeMutableBytes(of: &self) {
            $0.storeBytes(of: word, toByteOffset: Self.phaseWordOffset, as: UInt32.self)
        }
    }
}
