import CRingBaselines
import TokenRing

/// An entry whose every word follows from its number in the run, so that a lost, doubled, moved or torn one shows.
protocol RingEntry: BitwiseCopyable {
    /// The entry that holds these words, or the first of them.
    init(_ first: UInt64, _ second: UInt64)

    /// 0 if the entry holds these words.
    func difference(_ first: UInt64, _ second: UInt64) -> UInt64
}

/// 8 bytes, as in AF_XDP's FILL and COMPLETION rings and the proposal's return ring.
extension UInt64: RingEntry {
    @inline(__always)
    init(_ first: UInt64, _: UInt64) { self = first }

    @inline(__always)
    func difference(_ first: UInt64, _: UInt64) -> UInt64 { self ^ first }
}

/// 16 bytes, as in AF_XDP's RX and TX rings. Bit 63 of the first word is free for the phase: no run sets it.
struct WordPair: RingEntry, PhasedEntry {
    static var phaseWordOffset: Int { UInt64.phaseWordOffset }

    private let first: UInt64
    private let second: UInt64

    @inline(__always)
    init(_ first: UInt64, _ second: UInt64) {
        self.first = first
        self.second = second
    }

    @inline(__always)
    func difference(_ first: UInt64, _ second: UInt64) -> UInt64 { (self.first ^ first) | (self.second ^ second) }
}

extension crb_seen {
    /// Nothing read, nothing wrong.
    static var nothing: crb_seen { crb_seen(entries: 0, wrong: .max) }

    /// Counts a batch, and where the first wrong one starts.
    @inline(__always)
    mutating func record(_ count: UInt32, difference: UInt64) {
        if _slowPath(difference != 0), wrong == .max { wrong = entries }
        entries &+= UInt64(count)
    }
}
