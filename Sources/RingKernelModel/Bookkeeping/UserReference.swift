import Synchronization

/// The counter of user references in a net_iov, as `PerBindingURef` and the mechanisms that name a binding use it: all
/// tokens of a buffer are behind one pool reference.
extension UnsafeMutablePointer where Pointee == NetIOV {
    /// One token more in the net_iov's own counter; the first takes the pool reference.
    @inline(__always)
    func takeUserReference() { take(pointee.userReferences) }

    /// One token more in `counter`; the first takes the pool reference.
    ///
    /// The reference comes first: a stray return may come between the two, and would drop one that is not there yet. The skb
    /// that is being received holds the buffer meanwhile, so the drop is never the last.
    @inline(__always)
    func take(_ counter: borrowing Atomic<Int32>) {
        hold()
        if counter.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue > 1 { drop(inSoftirq: false) }
    }

    /// One token less; the last drops the pool reference. A return that nobody holds changes nothing and is counted (R7).
    ///
    /// - Returns: tokens taken back, 0 or 1.
    @inline(__always)
    func putUserReference(of owner: TokenOwner, inSoftirq: Bool) -> Int {
        guard let left = pointee.userReferences.decrementIfPositive() else {
            owner.refused.countNotHeld(1)
            return 0
        }
        if left == 0 { drop(inSoftirq: inSoftirq) }
        return 1
    }
}
