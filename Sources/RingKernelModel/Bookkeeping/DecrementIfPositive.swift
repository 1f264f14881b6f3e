import Synchronization

extension Atomic where Value == Int32 {
    /// `decrementIfPositive` where a lock keeps every other writer away.
    @inline(__always)
    borrowing func decrementSerialised() -> Int32? {
        let count = load(ordering: .relaxed)
        guard count > 0 else { return nil }
        store(count - 1, ordering: .releasing)
        return count - 1
    }

    /// Counts down unless it is 0 or less, so that a return that nobody holds changes nothing (R7).
    ///
    /// - Returns: what is left, or nil if there was nothing.
    @inline(__always)
    borrowing func decrementIfPositive() -> Int32? {
        var held = load(ordering: .relaxed)
        while held > 0 {
            let (exchanged, original) = weakCompareExchange(
                expected: held, desired: held - 1, ordering: .acquiringAndReleasing)
            if exchanged { return held - 1 }
            held = original
        }
        return nil
    }
}
