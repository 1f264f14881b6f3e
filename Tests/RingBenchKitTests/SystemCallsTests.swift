import SystemPackage
import Testing

@testable import RingBenchKit

@Suite("system call costs", .serialized)
struct SystemCallsTests {
    @Test("every figure is positive and measured on this kernel, or says which errno refused it")
    func figures() throws {
        let costs = try SystemCallCosts.measure(repetitions: 2)
        #expect(costs.repetitions == 2)
        #expect(costs.calls.count >= 20)
        #expect(Set(costs.calls.map(\.name)).count == costs.calls.count)
        for call in costs.calls {
            #expect(call.evidence == .kernel)
            #expect(!call.contains.isEmpty && !call.leavesOut.isEmpty)
            if let cost = call.nsPerCall {
                #expect(call.unavailable == nil)
                #expect(cost.values.count == 2, "\(call.name) keeps its raw values")
                #expect(cost.least > 0, "\(call.name)")
            } else {
                #expect((call.unavailable?.errno ?? 0) > 0 && call.unavailable?.reason.isEmpty == false, "\(call.name)")
            }
        }
    }

    @Test("what derives from available figures is finite, and every derived cost says how it was found")
    func derived() throws {
        let costs = try SystemCallCosts.measure(repetitions: 2)
        let needs = ["dontneed_1_token", "dontneed_128_tokens", "recvmsg_64_b_both_timestamps"]
        let missing = needs.filter { costs.call($0)?.nsPerCall == nil }
        try #require(missing.isEmpty, "this kernel refuses \(missing)")
        for value in [costs.crossingDontneedNs, costs.dontneedSlopeNsPerToken, costs.controlMessageNs] {
            let values = try #require(value).values
            #expect(values.count == 2 && values.allSatisfy(\.isFinite))
        }
        // The line through 1 to 128 tokens must pass near the figures that it was fitted to.
        let crossing = try #require(costs.crossingDontneedNs).median
        let slope = try #require(costs.dontneedSlopeNsPerToken).median
        let most = try #require(costs.call("dontneed_128_tokens")?.nsPerCall).median
        #expect(abs(crossing + 128 * slope - most) < most / 2)
        #expect(costs.derived.allSatisfy { !$0.derivation.isEmpty })
    }

    @Test("a machine that changes its pace between two rounds leaves no difference of two paces")
    func pace() throws {
        // Half as fast from the twelfth round on, which begins between the figures: two are slow in it, one is not yet.
        func cost(_ name: String, _ nanoseconds: Double, fastRounds: Int) -> CallCost {
            let figure = CallFigure(name: name, contains: "", leavesOut: "", callsPerRound: 1)
            let rounds = (0..<24).map { $0 < fastRounds ? nanoseconds : 2 * nanoseconds }
            return CallCost(figure, rounds: [rounds], refusal: nil)
        }
        let costs = SystemCallCosts(
            calls: [
                cost("recvmsg_64_b_timestampns", 1000, fastRounds: 11),
                cost("recvmsg_64_b_timestamping", 1020, fastRounds: 11),
                cost("recvmsg_64_b_both_timestamps", 1060, fastRounds: 13),
            ], cpu: 0, repetitions: 1, rounds: 24, clockOverheadNs: 0, interrupted: false)
        let message = try #require(costs.controlMessageNs).median
        #expect((45...90).contains(message), "\(message)")
    }

    @Test("a measurement becomes JSON with units in its keys")
    func json() throws {
        let costs = try SystemCallCosts.measure(repetitions: 1)
        let document = ResultDocument(
            command: "probe", options: [:], environment: HostEnvironment(), interrupted: false,
            section: ["calls": costs])
        let text = try document.json()
        for key in [
            "median_ns", "values_ns", "ns_per_call", "leaves_out", "clock_overhead_ns", "\"evidence\" : \"kernel\"",
        ] {
            #expect(text.contains(key), "\(key)")
        }
    }

    @Test("no repetitions and a CPU that does not exist are usage errors")
    func refusals() {
        for attempt in [{ try SystemCallCosts.measure(repetitions: 0) }, { try SystemCallCosts.measure(cpu: 9999) }] {
            let failure = #expect(throws: Failure.self) { _ = try attempt() }
            #expect(failure?.kind == .usage)
        }
    }

    @Test(
        "SO_DEVMEM_DONTNEED takes 1 to 128 whole tokens on TCP, and nothing on UDP",
        .enabled("the kernel knows it") { Self.knowsDontneed })
    func dontneed() throws {
        for tokens in [1, 16, 128] { #expect(try DontneedProbe.answer(byteCount: tokens * 8, on: .tcp) == nil) }
        for bytes in [129 * 8, 0, 7, 12, -1, .max] {
            #expect(try DontneedProbe.answer(byteCount: bytes, on: .tcp) == .invalidArgument, "\(bytes) bytes")
        }
        #expect(try DontneedProbe.answer(byteCount: 8, on: .udp) == .badFileDescriptor)
    }

    static var knowsDontneed: Bool { (try? DontneedProbe.answer(byteCount: 8, on: .tcp)) == .some(nil) }
}
