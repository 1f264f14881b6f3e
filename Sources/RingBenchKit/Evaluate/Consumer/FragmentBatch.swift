import RingKernelModel

/// The fragments that one look at a source brought, with room for as many as a look can bring. One thread's.
///
/// Raw pointers, so that the loops over them neither count references nor check bounds.
struct FragmentBatch: ~Copyable {
    /// What each is, as user space learns of it.
    let frags: UnsafeMutablePointer<ReceivedFrag>
    /// The flow that each belongs to, as the source names it: not trusted.
    let flows: UnsafeMutablePointer<UInt64>
    /// Where each begins in its flow's stream, in bytes.
    let positions: UnsafeMutablePointer<UInt64>
    /// Fragments that fit.
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        frags = .allocate(capacity: capacity)
        flows = .allocate(capacity: capacity)
        positions = .allocate(capacity: capacity)
    }

    deinit {
        frags.deallocate()
        flows.deallocate()
        positions.deallocate()
    }
}
