import Glibc
import Synchronization
import TokenRing

/// Any ring memory, at a chosen access to which the process kills itself: SIGKILL, before the access is made.
public struct DyingRingMemory<Base: RingMemory>: RingMemory {
    private let base: Base
    private let countdown: Countdown

    /// Counts accesses; several memories may share one.
    public final class Countdown: Sendable {
        private let left: Atomic<Int>

        /// Dies at access number `step`, from 1; 0 never.
        public init(step: Int) { left = Atomic(step) }

        func step() {
            if left.wrappingSubtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
        }
    }

    /// Dies in an access to `base`.
    public init(_ base: Base, _ countdown: Countdown) {
        self.base = base
        self.countdown = countdown
    }

    private func stepping<Value>(_ access: () -> Value) -> Value {
        countdown.step()
        return access()
    }

    /// As the base has it.
    public var capacity: UInt32 { base.capacity }
    /// As the base has it.
    public func has(_ word: RingWord) -> Bool { base.has(word) }
    /// As the base has it.
    public func sharedWord(_ word: RingWord) -> SharedWord? { base.sharedWord(word) }
    /// One step.
    public func loadAcquire(_ word: RingWord) -> UInt32 { stepping { base.loadAcquire(word) } }
    /// One step.
    public func loadRelaxed(_ word: RingWord) -> UInt32 { stepping { base.loadRelaxed(word) } }
    /// One step.
    public func storeRelease(_ value: UInt32, to word: RingWord) { stepping { base.storeRelease(value, to: word) } }
    /// One step; where slots are published one by one, dying within is left to a random death.
    public func publish(from first: RingIndex, to end: RingIndex) { stepping { base.publish(from: first, to: end) } }
    /// One step.
    public func publishedEnd(after known: RingIndex, wanted: UInt32, limit: UInt32) -> RingIndex {
        stepping { base.publishedEnd(after: known, wanted: wanted, limit: limit) }
    }
    /// One step.
    public func fullFence() { stepping { base.fullFence() } }
    /// One step.
    public func loadEntry(at index: RingIndex) -> Base.Entry { stepping { base.loadEntry(at: index) } }
    /// One step.
    public func storeEntry(_ entry: Base.Entry, at index: RingIndex) { stepping { base.storeEntry(entry, at: index) } }
}
