import CTokenRing
import Synchronization

/// The kernel's spinlock as the model has it: test-and-set with a pause. `_bh` costs nothing here.
struct SpinLock: ~Copyable {
    private let taken = Atomic<Bool>(false)

    @inline(__always)
    borrowing func withLock<Result>(_ body: () -> Result) -> Result {
        lock()
        defer { unlock() }
        return body()
    }

    @inline(__always)
    borrowing func lock() {
        while taken.exchange(true, ordering: .acquiring) {
            while taken.load(ordering: .relaxed) { ctr_pause() }
        }
    }

    /// By whoever has it.
    @inline(__always)
    borrowing func unlock() { taken.store(false, ordering: .releasing) }
}
