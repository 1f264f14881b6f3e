import Synchronization

/// What goes wrong next, so that the error paths run: a count of failures for each place, taken one at a time.
public final class FaultPlan: @unchecked Sendable {
    /// Where the kernel can fail for reasons of its own.
    public enum Place: Int, CaseIterable, Sendable {
        /// `__xa_alloc` finds no memory: -ENOMEM from recvmsg.
        case tokenAllocation
        /// Copying the linear part to user memory fails: -EFAULT from recvmsg.
        case linearCopy
        /// `kvmalloc` of the token array fails: -ENOMEM from SO_DEVMEM_DONTNEED.
        case tokenArray
        /// `copy_from_user` of the token array fails: -EFAULT from SO_DEVMEM_DONTNEED.
        case copyFromUser
        /// Storing the new binding fails after the mode was decided (B15): -ENOMEM from bind.
        case bindingAllocation
        /// A fatal signal arrives during a flush.
        case fatalSignal
    }

    private let pending: UnsafeMutablePointer<Atomic<Int>>

    init() {
        pending = .allocate(capacity: Place.allCases.count)
        for place in Place.allCases { (pending + place.rawValue).initialize(to: Atomic(0)) }
    }

    deinit { pending.deallocate() }

    /// Lets the next `count` passes of `place` fail.
    public func failNext(_ place: Place, _ count: Int = 1) { pending[place.rawValue].store(count, ordering: .relaxed) }

    /// Whether this pass fails. Nothing but a load when no failure is planned.
    @inline(__always)
    func take(_ place: Place) -> Bool {
        guard pending[place.rawValue].load(ordering: .relaxed) > 0 else { return false }
        return pending[place.rawValue].wrappingSubtract(1, ordering: .relaxed).oldValue > 0
    }
}
