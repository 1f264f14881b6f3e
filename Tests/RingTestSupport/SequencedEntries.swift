import CTokenRing
import TokenRing

// Entries whose every field follows from one number, so that a reader recognises a lost, doubled, reordered or torn entry.
// Tests/CRingTestPeer/main.c computes the same in C.

extension token_ring_frag {
    /// Fragment number `sequence` of a stream.
    public init(sequence: UInt64) {
        let offset = sequence &* 0x9E37_79B9_7F4A_7C15
        self.init(
            frag_offset: offset, frag_size: UInt32(truncatingIfNeeded: sequence & 0xFFFF) &+ 1,
            frag_token: Self.token(sequence), socket_cookie: ~offset,
            flags: UInt32(truncatingIfNeeded: sequence & 7 == 7 ? TOKEN_RING_FRAG_LAST : 0), reserved: 0)
    }

    /// The token of fragment `sequence`: eight in a row, then a gap, so that ranges of eight can be returned.
    public static func token(_ sequence: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: sequence &+ (sequence >> 3))
    }

    /// Whether this is fragment number `sequence`, whole.
    public func carries(sequence: UInt64) -> Bool {
        let wanted = Self(sequence: sequence)
        return frag_offset == wanted.frag_offset && frag_size == wanted.frag_size && frag_token == wanted.frag_token
            && socket_cookie == wanted.socket_cookie && flags == wanted.flags && reserved == 0
    }
}

extension token_ring_range {
    /// Range number `sequence` of a stream: both fields follow from it. Bit 31 of the count may be the ring's.
    public init(sequence: UInt32) {
        self.init(token_start: sequence, token_count: ~sequence & 0x7FFF_FFFF)
    }

    /// Whether this is range number `sequence`, whole.
    public func carries(sequence: UInt32) -> Bool {
        token_start == sequence && token_count == ~sequence & 0x7FFF_FFFF
    }
}
