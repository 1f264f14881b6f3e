import Synchronization

/// The counter of user references in a net_iov, as `PerBindingURef` and the mechanisms that name a binding use it: all
/// tokens of a buffer are behind one pool reference.
extension UnsafeMutablePointer where Pointee == NetIOV {
    /// One token more; the first takes the pool reference. The skb that is being received holds the buffer meanwhile.
    @inline(__always)
    func takeUserReference() {
        if pointee.userReferences.wrappingAdd(1, ordering: .relaxed).newValue == 1 { hold() }
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
