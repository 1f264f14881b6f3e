import RingKernelModel

/// A token that user space holds.
struct HeldToken {
    let frag: ReceivedFrag
    /// The socket that it arrived on.
    let flow: Int
    /// The socket or ring set that it was given to.
    let owner: ObjectIdentifier
    let binding: Binding
}
