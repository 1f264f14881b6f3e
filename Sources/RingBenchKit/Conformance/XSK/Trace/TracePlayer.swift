import CTokenRing
import Glibc
import TokenRing

/// Plays one trace on the model and on this kernel and compares everything that can be seen, step by step.
enum TracePlayer {
    /// - Throws: `XSKEnding.fail` with the first step after which the two differ.
    static func play(_ steps: [TraceStep], on bench: XSKBench) throws(XSKEnding) {
        let model = try ModelledPair(bench.mode)
        let real = try RealPair(bench)
        for (number, step) in steps.enumerated() {
            let expected = try TraceObservation(of: model, errno: perform(step, on: model))
            let errno = perform(step, on: real)
            var seen = try TraceObservation(of: real, errno: errno)
            // Under load a packet is delivered by ksoftirqd, some time after sendto has returned.
            let end = ctr_monotonic_ns() + 1_000_000_000
            while seen != expected, ctr_monotonic_ns() < end {
                usleep(200)
                seen = try TraceObservation(of: real, errno: errno)
            }
            try require(
                seen == expected, "step \(number), \(step): this kernel has \(expected.differences(from: seen))")
        }
    }

    private static func perform(_ step: TraceStep, on kernel: borrowing some TracedKernel & ~Copyable) -> CInt {
        let rings = kernel.rings
        switch step {
        case .post(let addresses): publish(addresses, in: rings.fill)
        case .queue(let descriptors): publish(descriptors, in: rings.transmit)
        case .send: return kernel.send()
        case .move(.fill, let count): add(count, to: .producer, of: rings.fill)
        case .move(.transmit, let count): add(count, to: .producer, of: rings.transmit)
        case .move(.receive, let count): add(count, to: .consumer, of: rings.receive)
        case .move(.completion, let count): add(count, to: .consumer, of: rings.completion)
        }
        return 0
    }

    private static func publish<Entry>(_ entries: [Entry], in ring: any RingMemory<Entry>) {
        let first = ring.loadAcquire(.producer)
        for (offset, entry) in entries.enumerated() {
            ring.storeEntry(entry, at: RingIndex(first &+ UInt32(offset)))
        }
        ring.storeRelease(first &+ UInt32(entries.count), to: .producer)
    }

    private static func add(_ count: UInt32, to word: RingWord, of ring: any RingMemory) {
        ring.storeRelease(ring.loadAcquire(word) &+ count, to: word)
    }
}
