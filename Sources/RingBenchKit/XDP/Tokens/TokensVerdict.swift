import RingKernelModel
import TokenRingXDP

/// Whether a run of the chain is right. A run that is not prints no number.
struct TokensVerdict {
    private let report: XDPTokensReport
    /// Packets that came in no posted chunk.
    private let strayPackets: UInt64
    private let pool: PagePool.Audit
    /// Whether no packet may be missing at all.
    private let isClosedLoop: Bool
    /// Whether nothing came any more although the source had not ended.
    private let isStuck: Bool

    init(
        _ report: XDPTokensReport, strayPackets: UInt64, pool: PagePool.Audit, isClosedLoop: Bool, isStuck: Bool
    ) {
        self.report = report
        self.strayPackets = strayPackets
        self.pool = pool
        self.isClosedLoop = isClosedLoop
        self.isStuck = isStuck
    }

    /// - Throws: `Failure` of kind `.invariantBroken`, one sentence.
    func check() throws(Failure) {
        try require(strayPackets == 0, "\(strayPackets) packets came in chunks that were not posted")
        for consumer in report.consumers { try check(consumer) }
        let taken = report.consumers.reduce(0) { $0 + $1.delivered + $1.refused }
        try require(taken == report.framesReceived, "\(taken) of \(report.framesReceived) packets went to a consumer")
        if let sent = report.framesSent {
            let missing = sent > report.framesReceived ? sent - report.framesReceived : 0
            try require(report.framesReceived <= sent, "\(report.framesReceived) packets arrived of \(sent)")
            try require(
                missing <= report.framesLost,
                "\(missing) packets are missing and kernel counters explain \(report.framesLost)")
            try require(!isClosedLoop || missing == 0, "\(missing) packets were lost in a closed loop")
            try require(
                !isClosedLoop || !isStuck,
                "the wire is stuck: \(sent) packets were sent, all came, and then nothing for \(LookPatience.seconds) s"
            )
        }
        try checkUMEM()
    }

    private func check(_ consumer: TokenConsumerReport) throws(Failure) {
        let name = "consumer \(consumer.number)"
        let counters = consumer.counters
        try require(
            counters.notHeld == 0 && counters.outOfRange == 0 && counters.indexViolations == 0,
            "\(name) returned what it did not hold, or its indices lied")
        try require(
            counters.delivered == counters.returned + UInt64(consumer.takenBack) || !consumer.isTakenBackAtClose,
            "\(name): \(counters.delivered) tokens given, \(counters.returned) returned, \(consumer.takenBack) taken back"
        )
        if let shared = consumer.sharedPages {
            try require(
                shared == report.umem.frames, "\(name) has mapped \(shared) of the UMEM's \(report.umem.frames) pages")
        }
        guard !consumer.wasKilled else { return }
        try require(consumer.exitCode == 0, "\(name) ended with \(consumer.exitCode)")
        try require(
            consumer.received == consumer.delivered,
            "\(name) read \(consumer.received) of \(consumer.delivered) packets")
        try require(consumer.payloadCopies == 0, "\(name) read \(consumer.payloadCopies) packets outside their chunk")
        try require(consumer.addressesMatch, "\(name) did not read where the driver wrote")
        guard report.framesSent != nil else { return }
        try require(consumer.corrupt == 0, "\(name) read \(consumer.corrupt) packets with wrong bytes")
        try require(consumer.outOfOrder == 0, "\(name) read \(consumer.outOfOrder) packets late or twice")
        try require(!isClosedLoop || consumer.lost == 0, "\(name) lost \(consumer.lost) packets in a closed loop")
    }

    private func checkUMEM() throws(Failure) {
        let umem = report.umem
        try require(umem.isConsistent, "the rings hold more frames than the kernel was given")
        try require(umem.inReceiveRing == 0, "\(umem.inReceiveRing) packets were left in RX")
        // What is not posted is free: a killed consumer's tokens that come back with the last user only.
        try require(
            Int(umem.frames - umem.inApplication) + pool.freeBuffers == Int(umem.frames),
            "\(Int(umem.inApplication) - pool.freeBuffers) chunks are neither posted nor free")
        try require(
            pool.doubleFrees == 0 && pool.freedWhileHeld == 0,
            "\(pool.doubleFrees) chunks were freed twice, \(pool.freedWhileHeld) while they were read")
    }

    private func require(_ holds: Bool, _ sentence: String) throws(Failure) {
        if !holds { throw Failure(.invariantBroken, "\(sentence); no number is printed") }
    }
}
