import Glibc
import RingKernelModel
import RingTestSupport
import Synchronization
import Testing
import TokenRing

/// What happens at the same time on several threads although no honest program does it (R7, R12).
@Suite("Races of a hostile application", .serialized)
struct RacingTests {
    /// Few buffers of many fragments, so that one counter is changed from all sides.
    private static func kernel(_ name: String) throws -> Kernel {
        var configuration = Kernel.Configuration()
        configuration.niovs = 8
        configuration.fragBytes = 64
        configuration.threads = 2
        configuration.deliveryEntries = 64
        configuration.returnEntries = 64
        return try Kernel(try #require(Composition.named(name)), configuration)
    }

    @Test("tokens that are guessed and returned while they are handed out free no buffer under its skb (R7)")
    func guessedWhileHandedOut() throws {
        let kernel = try Self.kernel("mapped-ring-thread")
        let rings = try kernel.ringSets.map(RingEnds.init)
        try #require(rings.count == 2)
        let isOver = StopSign()
        let received = Atomic(0)
        let softirq = TestThread {
            var flow = 0
            while !isOver.isSet {
                let (arrived, delivered) = kernel.softirq(flow: flow, burst: 16)
                flow = (flow + 1) % 4
                if arrived + delivered == 0 { sched_yield() }
            }
        }
        let honest = TestThread {
            while !isOver.isSet {
                for ring in rings {
                    let frags = ring.take(upTo: 16)
                    received.wrappingAdd(frags.count, ordering: .relaxed)
                    ring.put(frags.map(\.frag_token))
                    if frags.isEmpty { sched_yield() }
                }
            }
        }
        let attacker = TestThread {
            // All tokens that there are, many times in one flush.
            let firsts = [UInt32](repeating: 0, count: 64)
            while !isOver.isSet {
                rings[1].put(firsts, count: 8)
                _ = rings[1].ringSet.flush()
            }
        }
        // Buffers that got lost stop everything.
        var (last, idle) = (0, 0)
        while last < 100_000, idle < 10_000 {
            usleep(1000)
            let now = received.load(ordering: .relaxed)
            (last, idle) = (now, now == last ? idle + 1 : 0)
        }
        isOver.set()
        for thread in [softirq, honest, attacker] { thread.join() }
        #expect(last >= 100_000, "nothing moved for ten seconds")
        #expect(kernel.refusals.notHeld > 0)
        kernel.closeRings()
        for socket in kernel.sockets { kernel.close(socket) }
        kernel.unbind(kernel.binding)
        #expect(kernel.binding.pool.audit.isWhole, "\(kernel.binding.pool.audit)")
        #expect(kernel.binding.isFreed)
    }

    @Test(
        "unbinding while softirq delivers and the application receives and returns loses no buffer (R12)",
        arguments: ["mapped-ring-thread", "mapped-ring-owned", "sockopt-uref-fixed", "sockopt-xarray"])
    func unbindAtAnyTime(_ name: String) throws {
        var random = SplitMix64(seed: 12)
        for _ in 0..<50 {
            let kernel = try Self.kernel(name)
            let rings = try kernel.ringSets.map(RingEnds.init)
            let isOver = StopSign()
            let softirq = TestThread {
                var round = 0
                while !isOver.isSet {
                    _ = kernel.softirq(flow: round % 4, burst: 16)
                    round += 1
                }
            }
            let application = TestThread {
                let control = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: 64 * ControlMessages.space, alignment: 8)
                defer { control.deallocate() }
                var round = 0
                while !isOver.isSet {
                    round += 1
                    for ring in rings { ring.put(ring.take(upTo: 16).map(\.frag_token)) }
                    guard rings.isEmpty else { continue }
                    let result = kernel.recvmsg(on: round % 4, length: 8 * 64, control: control)
                    guard result.bytes > 0 else { continue }
                    var ranges: [TokenRange] = []
                    ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: result.controlBytes) {
                        ranges.append(TokenRange(token_start: $0.token, token_count: 1))
                    }
                    _ = ranges.withUnsafeBytes { kernel.dontNeed(on: round % 4, $0) }
                }
            }
            usleep(UInt32.random(in: 0...1500, using: &random))
            kernel.unbind(kernel.binding)
            usleep(UInt32.random(in: 0...300, using: &random))
            isOver.set()
            for thread in [softirq, application] { thread.join() }
            kernel.closeRings()
            for socket in kernel.sockets { kernel.close(socket) }
            try #require(kernel.binding.pool.audit.isWhole, "\(kernel.binding.pool.audit)")
            try #require(kernel.binding.isFreed)
        }
    }
}

/// Tells threads to end.
private final class StopSign: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}
