/// What the bytes of a flow are: a function of the seed, the flow and the position in its stream, so that a consumer
/// knows each byte, and a buffer that was recycled under it shows.
public struct StreamContent: Sendable {
    private let key: UInt64

    /// The content of stream `flow` under `seed`.
    public init(seed: UInt64, flow: Int) {
        key = Self.mix(seed &+ UInt64(truncatingIfNeeded: flow) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// The 8 bytes at word `index` of the stream.
    @inline(__always)
    public func word(_ index: UInt64) -> UInt64 { Self.mix(key ^ index) }

    /// How much of each fragment is written and compared.
    public enum Depth: String, Sendable, Codable, CaseIterable {
        /// Every byte.
        case everyByte = "full"
        /// The first and the last word and one between, chosen by the position: enough to see a wrong, stale or recycled
        /// buffer, cheap enough not to be what is measured.
        case stamps
    }

    /// Writes the fragment that starts at byte `position` of the stream. Position and count are multiples of 8.
    @inline(__always)
    public func write(at position: UInt64, to bytes: UnsafeMutableRawBufferPointer, depth: Depth) {
        forEachWord(of: bytes.count, at: position, depth: depth) { offset, expected in
            bytes.storeBytes(of: expected, toByteOffset: offset, as: UInt64.self)
            return true
        }
    }

    /// Whether the fragment holds what was written.
    @inline(__always)
    public func matches(at position: UInt64, _ bytes: UnsafeRawBufferPointer, depth: Depth) -> Bool {
        forEachWord(of: bytes.count, at: position, depth: depth) { offset, expected in
            bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == expected
        }
    }

    @inline(__always) @discardableResult
    private func forEachWord(of byteCount: Int, at position: UInt64, depth: Depth, _ body: (Int, UInt64) -> Bool)
        -> Bool
    {
        let words = byteCount / 8
        let first = position / 8
        guard depth == .stamps else {
            for index in 0..<words where !body(index * 8, word(first &+ UInt64(index))) { return false }
            return true
        }
        let middle = Int(word(first) % UInt64(max(words, 1)))
        return body(0, word(first)) && body(middle * 8, word(first &+ UInt64(middle)))
            && body((words - 1) * 8, word(first &+ UInt64(words - 1)))
    }

    /// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
