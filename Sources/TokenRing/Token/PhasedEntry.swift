import CTokenRing

/// An entry that can be published in its slot: one bit of it is the phase, `TOKEN_RING_PHASE` of token_ring.h.
///
/// The bit belongs to the ring. An entry whose own data has it set is a programming error: the bit is masked, so the entry
/// arrives with it cleared and everything else as it was written.
///
/// Plain bits besides (`BitwiseCopyable`), which the protocol does not say because C's structures could not conform then.
public protocol PhasedEntry {
    /// Byte offset in the entry of the `UInt32` whose bit 31 is the phase: a multiple of 4, the word inside the entry.
    static var phaseWordOffset: Int { get }
}

/// Bit 31 of `token_count`.
extension TokenRange: PhasedEntry {
    /// That of `token_count`.
    @inlinable public static var phaseWordOffset: Int { 4 }
}

/// Bit 31 of `flags`.
extension FragDescriptor: PhasedEntry {
    /// That of `flags`.
    @inlinable public static var phaseWordOffset: Int { 24 }
}

/// Bit 63.
extension UInt64: PhasedEntry {
    /// That of the upper half.
    @inlinable public static var phaseWordOffset: Int {
        #if _endian(little)
            4
        #else
            0
        #endif
    }
}
