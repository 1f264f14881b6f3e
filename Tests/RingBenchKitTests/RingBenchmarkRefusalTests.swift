import RingBenchKit
import Testing

/// What the ring benchmark refuses before it measures anything.
@Suite("ring benchmark, refusals")
struct RingBenchmarkRefusalTests {
    private func refusal(_ change: (inout RingConfiguration) -> Void) -> Failure? {
        var configuration = RingConfiguration()
        change(&configuration)
        do {
            _ = try RingBenchmark.run(configuration: configuration, progress: Progress(quiet: true))
            return nil
        } catch {
            return error
        }
    }

    @Test("a capacity that is no power of two is named in one sentence")
    func capacity() {
        let failure = refusal { $0.capacity = 3 }
        #expect(failure?.kind == .usage)
        #expect(
            failure?.description == "--capacity 3: ring layout: capacity is 3: it must be a power of two")
    }

    @Test("a batch larger than the ring is refused, it could never be reserved")
    func batch() {
        let failure = refusal { $0.batches = [4096] }
        #expect(failure?.kind == .usage)
        #expect(failure?.description.contains("--batches 4096") == true)
    }

    @Test("a batch of nothing is refused")
    func emptyBatch() {
        #expect(refusal { $0.batches = [0] }?.kind == .usage)
    }

    @Test("entries of another size are refused")
    func entryBytes() {
        let failure = refusal { $0.entryBytes = [12] }
        #expect(failure?.kind == .usage)
        #expect(failure?.description == "--entry-bytes 12: entries have 8 or 16 bytes")
    }

    @Test("a run that fits the ring is refused, it would measure an empty ring")
    func fewEntries() {
        let failure = refusal { $0.entries = 2048 }
        #expect(failure?.kind == .usage)
        #expect(failure?.description.contains("--entries 2048") == true)
    }

    @Test("no repetition is refused")
    func noRepetition() {
        #expect(refusal { $0.repetitions = 0 }?.kind == .usage)
    }

    @Test("producer and consumer on one CPU are refused")
    func sameCPU() {
        let failure = refusal { $0.cpus = .init(0, 0) }
        #expect(failure?.kind == .usage)
        #expect(failure?.description.contains("--cpus 0,0") == true)
    }

    @Test("a CPU that this process may not use is unavailable")
    func foreignCPU() {
        let failure = refusal { $0.cpus = .init(HostEnvironment().cpus[0], 1023) }
        #expect(failure?.kind == .unavailable)
        #expect(failure?.description.contains("CPU 1023") == true)
    }
}
