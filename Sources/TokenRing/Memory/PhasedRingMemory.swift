/// Ring memory whose slots can be published one by one: the phase word of each is an atomic of its own. The seam below
/// `SlotPublication`, as `RingMemory` is the one below the rings. Slots are less than `capacity`.
public protocol PhasedRingMemory: RingMemory {
    /// Reads a slot's phase word; what the peer wrote before it stored this value is visible afterwards.
    func loadPhaseAcquire(inSlot slot: UInt32) -> UInt32

    /// Reads a slot's phase word with no ordering.
    func loadPhaseRelaxed(inSlot slot: UInt32) -> UInt32

    /// Writes a slot's phase word; what this side read and wrote before is done when the peer sees the value.
    func storePhaseRelease(_ word: UInt32, inSlot slot: UInt32)

    /// Writes the entry with its phase bit replaced by that of `phase`: the other bytes plainly, the phase word in one piece,
    /// with no ordering, for a consumer may be looking at it.
    func storeEntry(_ entry: Entry, inSlot slot: UInt32, phase: UInt32)
}

extension MappedRingMemory: PhasedRingMemory where Entry: PhasedEntry {
    @inlinable @inline(__always)
    func phaseWord(inSlot slot: UInt32) -> SharedWord {
        SharedWord(at: UnsafeMutableRawPointer(entries + Int(slot)) + Entry.phaseWordOffset)
    }

    /// Reads the phase word of `slot` with acquire ordering.
    @inlinable @inline(__always)
    public func loadPhaseAcquire(inSlot slot: UInt32) -> UInt32 { phaseWord(inSlot: slot).loadAcquire() }

    /// Reads the phase word of `slot` with no ordering.
    @inlinable @inline(__always)
    public func loadPhaseRelaxed(inSlot slot: UInt32) -> UInt32 { phaseWord(inSlot: slot).loadRelaxed() }

    /// Writes the phase word of `slot` with release ordering.
    @inlinable @inline(__always)
    public func storePhaseRelease(_ word: UInt32, inSlot slot: UInt32) { phaseWord(inSlot: slot).storeRelease(word) }

    /// Writes the entry into `slot`, the phase word last and in one piece.
    @inlinable @inline(__always)
    public func storeEntry(_ entry: Entry, inSlot slot: UInt32, phase: UInt32) {
        let place = UnsafeMutableRawPointer(entries + Int(slot))
        let offset = Entry.phaseWordOffset
        withUnsafePointer(to: entry) { entry in
            let source = UnsafeRawPointer(entry)
            place.copyMemory(from: source, byteCount: offset)
            (place + offset + 4).copyMemory(
                from: source + offset + 4, byteCount: MemoryLayout<Entry>.size &- offset &- 4)
            let word = source.load(fromByteOffset: offset, as: UInt32.self)
            SharedWord(at: place + offset).storeRelaxed(word & ~Phase.bit | phase & Phase.bit)
        }
    }
}

/// `TOKEN_RING_PHASE`, as a constant of Swift's own so that inlined code does not depend on the C header.
@usableFromInline enum Phase {
    @inlinable static var bit: UInt32 { 1 << 31 }
}
