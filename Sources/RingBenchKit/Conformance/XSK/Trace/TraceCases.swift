import TokenRing

extension XSKCase {
    /// The same trace through the model of AF_XDP's kernel side and through this kernel: entries, order, indices, counters,
    /// flags and errnos must agree after every step.
    static let traces: [XSKCase] = [
        trace("T1", "FILL_EMPTY", fillEmpty), trace("T2", "RX_FULL", receiveFull),
        trace("T3", "INVALID_ADDRESSES", invalidAddresses), trace("T4", "WAKEUP_AND_BUDGET", wakeups),
        trace("T5", "INDEX_JUMPS", jumps),
        XSKCase("T6", "RANDOM_STEPS", "model and kernel agree after each of 20 times 150 random steps") {
            bench throws(XSKEnding) in
            try requireCopyMode(bench)
            for seed in 1...20 {
                do throws(XSKEnding) {
                    try TracePlayer.play(random(seed: UInt64(seed)), on: bench)
                } catch {
                    guard case .fail(let what) = error else { throw error }
                    throw .fail("seed \(seed), \(what)")
                }
            }
            return "20 traces of 150 steps agree"
        },
    ]

    private static func trace(_ id: String, _ name: String, _ steps: [TraceStep]) -> XSKCase {
        XSKCase(id, name, "model and kernel agree after each of \(steps.count) steps") { bench throws(XSKEnding) in
            try requireCopyMode(bench)
            try TracePlayer.play(steps, on: bench)
            return "\(steps.count) steps agree"
        }
    }

    private static func requireCopyMode(_ bench: XSKBench) throws(XSKEnding) {
        guard bench.mode.path != .zc else {
            throw .skip("the model is of copy mode; in zero copy the driver decides when")
        }
    }

    private static func packets(_ frames: Range<UInt64>, length: UInt32 = shortest) -> TraceStep {
        .queue(frames.map { XDPDescriptor(address: $0 * UInt64(TraceSizes.chunkBytes), length: length) })
    }

    private static func frames(_ numbers: Range<UInt64>) -> TraceStep {
        .post(numbers.map { $0 * UInt64(TraceSizes.chunkBytes) })
    }

    private static let fillEmpty: [TraceStep] = [
        packets(0..<3), .send, frames(5..<6), packets(3..<5), .send, .move(.receive, by: 1), frames(7..<9), .send,
        packets(5..<8), .send, .move(.completion, by: 8), .move(.receive, by: 2),
    ]

    private static let receiveFull: [TraceStep] = [
        frames(0..<8), packets(0..<6), .send, .move(.receive, by: 2), packets(0..<3), .send, .move(.receive, by: 4),
        packets(0..<4), .send, .move(.completion, by: 13), .move(.receive, by: 4), packets(0..<2), .send,
    ]

    private static let invalidAddresses: [TraceStep] = [
        .post([TraceSizes.umemBytes, 1 << 63, .max, 4096 + 123, TraceSizes.umemBytes - 1]), packets(0..<4), .send,
        .move(.receive, by: 2), frames(0..<4),
        .queue([
            XDPDescriptor(address: 0, length: 64), XDPDescriptor(address: TraceSizes.umemBytes, length: 64),
            XDPDescriptor(address: 4096, length: 64), XDPDescriptor(address: 8000, length: 300),
            XDPDescriptor(address: 4096, length: 0), XDPDescriptor(address: .max, length: 64),
            XDPDescriptor(address: 4096, length: .max), XDPDescriptor(address: 4096, length: 64, options: 8),
            XDPDescriptor(address: TraceSizes.umemBytes - 64, length: 64),
        ]),
        .send, .send, .send, .send, .send, .send, .send, .send, .send,
    ]

    private static let wakeups: [TraceStep] = [
        .send, .send, packets(0..<16), packets(0..<16), packets(0..<16), .send, .send, .send, packets(0..<16),
        packets(0..<16), .send, .send, .move(.completion, by: 20), .send, frames(0..<4), .move(.completion, by: 44),
        packets(0..<3), .send, .move(.receive, by: 3), .move(.completion, by: 64),
        // A wrong descriptor right behind the budget.
        packets(0..<16), packets(0..<16), .queue([XDPDescriptor(address: .max, length: 64)]), .send, .send,
    ]

    private static let jumps: [TraceStep] = [
        frames(0..<4), packets(0..<2), .send,
        // Old slots become new ones.
        .move(.fill, by: 2 * TraceSizes.fill), packets(0..<2), .send, .move(.receive, by: 4), packets(0..<4), .send,
        // The producer goes back.
        .move(.fill, by: 0 &- 3), .move(.receive, by: 4), packets(0..<3), .send,
        // RX's consumer ahead of its producer, and back.
        .move(.receive, by: 6), packets(0..<5), .send, .move(.receive, by: 0 &- 9), packets(0..<4), .send,
        .move(.transmit, by: TraceSizes.transmit), .send, .send, .move(.completion, by: 200), packets(0..<3), .send,
        .move(.completion, by: 0 &- 100), packets(0..<3), .send, .move(.transmit, by: 0 &- 1), .send, .send,
    ]

    /// Mostly what a program does, now and then what none should.
    private static func random(seed: UInt64) -> [TraceStep] {
        var generator = SeededGenerator(seed: seed)
        func below(_ limit: UInt64) -> UInt64 { generator.next() % limit }
        return (0..<150).map { _ in
            switch below(100) {
            case 0..<25: return .post((0...below(3)).map { _ in below(TraceSizes.umemBytes + 8192) })
            case 25..<50:
                return .queue(
                    (0...below(4)).map { _ in
                        let isRight = below(10) < 8
                        return XDPDescriptor(
                            address: below(UInt64(TraceSizes.frames)) * 4096 + (isRight ? 0 : below(6000)),
                            length: 64 + UInt32(below(isRight ? 1400 : 5000)))
                    })
            case 50..<80: return .send
            case 80..<90: return .move(.receive, by: UInt32(below(3)))
            case 90..<97: return .move(.completion, by: UInt32(below(8)))
            case 97: return .move(.fill, by: UInt32(below(16)))
            case 98: return .move(.transmit, by: UInt32(below(8)))
            default: return .move(.receive, by: 0 &- UInt32(below(4)))
            }
        }
    }
}
