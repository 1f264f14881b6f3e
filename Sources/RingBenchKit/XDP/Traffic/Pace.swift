import TokenRing

/// How far the source and the receiver are: what paces a closed loop. Counters are free-running and wrap at 2^32.
final class Pace: Sendable {
    private let mapping: Mapping
    /// Packets that were received. Written by the receiver.
    let received: SharedWord
    /// Packets that others received, a word each; counted with those of the receiver.
    private let others: [SharedWord]
    /// Not 0: the source shall stop. Written by the receiver.
    let stop: SharedWord
    /// Packets that were sent. Written by the source.
    let sent: SharedWord
    /// Not 0: the source has ended. Written by the source.
    let finished: SharedWord

    /// All zero, each word two cache lines from the next.
    init(alsoCounting others: [SharedWord] = []) throws(SystemCallError) {
        self.others = others
        mapping = try Mapping(anonymous: 4096)
        received = SharedWord(at: mapping.base)
        stop = SharedWord(at: mapping.base + 128)
        sent = SharedWord(at: mapping.base + 256)
        finished = SharedWord(at: mapping.base + 384)
    }

    /// Packets between source and receiver.
    @inline(__always)
    var inFlight: UInt32 {
        others.reduce(sent.loadAcquire() &- received.loadAcquire()) { $0 &- $1.loadAcquire() }
    }
}
