import Glibc
import RingKernelModel
import RingTestSupport
import Synchronization
import TokenRing

/// Softirq on one thread and two consumers on others, until `tokens` fragments have gone round. The fragments
/// of an skb share a buffer, so that its counter is changed from several sides, and buffers are few, so that they are used
/// again at once.
struct ConcurrentTraffic {
    let kernel: Kernel
    let tokens: Int
    private let books = Books()

    /// What came of it.
    struct Outcome {
        let received: Int
        let returned: Int
        /// Tokens whose buffer was in the pool while we held them.
        let freedEarly: Int
        /// It did not end in time.
        let isStuck: Bool
    }

    /// What the threads add up.
    private final class Books: Sendable {
        let received = Atomic(0)
        let returned = Atomic(0)
        let freedEarly = Atomic(0)
        let isStuck = Atomic(false)
    }

    init(_ name: String, tokens: Int) throws {
        var configuration = Kernel.Configuration()
        configuration.niovs = 16
        configuration.fragBytes = 64
        configuration.threads = 2
        configuration.deliveryEntries = 64
        configuration.returnEntries = 64
        guard let composition = Composition.named(name) else { throw SystemCallError("named", errno: ENOENT) }
        kernel = try Kernel(composition, configuration)
        self.tokens = tokens
    }

    /// Runs until all tokens are back, or for so long.
    func run(atMost duration: Duration = .seconds(120)) throws -> Outcome {
        let consumers = kernel.composition.hasRings ? try ringConsumers() : socketConsumers()
        let threads = (consumers + [softirq]).map { TestThread($0) }
        let deadline = ContinuousClock.now + duration
        for thread in threads where !thread.ends(within: deadline - .now) {
            books.isStuck.store(true, ordering: .relaxed)
        }
        for thread in threads { thread.join() }
        return Outcome(
            received: books.received.load(ordering: .relaxed), returned: books.returned.load(ordering: .relaxed),
            freedEarly: books.freedEarly.load(ordering: .relaxed), isStuck: books.isStuck.load(ordering: .relaxed))
    }

    private var isOver: Bool {
        books.isStuck.load(ordering: .relaxed) || books.returned.load(ordering: .relaxed) >= tokens
    }

    private func softirq() {
        var left = tokens
        while !isOver {
            var moved = 0
            for flow in 0..<4 {
                let (received, delivered) = kernel.softirq(flow: flow, burst: min(left, 16))
                left -= received
                moved += received + delivered
            }
            if moved == 0 { sched_yield() }
        }
    }

    private func check(_ index: UInt64) {
        if kernel.binding.pool.hasBuffer(NetIOVIndex(index / 4096)) {
            books.freedEarly.wrappingAdd(1, ordering: .relaxed)
        }
    }

    // MARK: control messages and setsockopt

    /// What one consumer received and the other returns, on the same socket: receiving and returning run at once.
    private final class Mailbox: @unchecked Sendable {
        struct Letter: Sendable {
            let flow: Int
            let frags: [ReceivedFrag]
        }
        private let lock = TestLock()
        private var letters: [Letter] = []

        func put(_ letter: Letter) { lock.withLock { letters.append(letter) } }

        func takeAll() -> [Letter] {
            lock.withLock {
                defer { letters = [] }
                return letters
            }
        }
    }

    private func socketConsumers() -> [@Sendable () -> Void] {
        let boxes = [Mailbox(), Mailbox()]
        return (0..<2).map { number in
            { [self] in
                let control = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: 64 * ControlMessages.space, alignment: 8)
                defer { control.deallocate() }
                while !isOver {
                    for flow in [number, number + 2] { receive(flow, control, into: boxes[1 - number]) }
                    let letters = boxes[number].takeAll()
                    for letter in letters { give(back: letter) }
                    if letters.isEmpty { sched_yield() }
                }
            }
        }
    }

    private func receive(_ flow: Int, _ control: UnsafeMutableRawBufferPointer, into box: Mailbox) {
        // A part of an skb: the first tokens of its buffer come back while the last are given.
        let result = kernel.recvmsg(on: flow, length: 8 * 64, control: control)
        guard result.bytes > 0 else { return }
        var frags: [ReceivedFrag] = []
        ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: result.controlBytes) { frags.append($0) }
        books.received.wrappingAdd(frags.count, ordering: .relaxed)
        let letter = Mailbox.Letter(flow: flow, frags: frags)
        box.put(letter)
    }

    private func give(back letter: Mailbox.Letter) {
        for frag in letter.frags { check(frag.offset) }
        let ranges = letter.frags.map { TokenRange(token_start: $0.token, token_count: 1) }
        let returned = ranges.withUnsafeBytes { kernel.dontNeed(on: letter.flow, $0) }
        books.returned.wrappingAdd(max(returned, 0), ordering: .relaxed)
    }

    // MARK: rings

    /// The consumers take the ring sets in turn; one ring set is both's, behind its lock.
    private func ringConsumers() throws -> [@Sendable () -> Void] {
        let rings = try kernel.ringSets.map(RingEnds.init)
        return (0..<2).map { number in
            let own = rings.count == 1 ? rings : rings.enumerated().filter { $0.offset % 2 == number }.map(\.element)
            return { [self] in
                while !isOver {
                    var moved = 0
                    for ring in own {
                        let frags = ring.take(upTo: 16)
                        for frag in frags { check(frag.frag_offset) }
                        books.received.wrappingAdd(frags.count, ordering: .relaxed)
                        ring.put(frags.map(\.frag_token))
                        books.returned.wrappingAdd(frags.count, ordering: .relaxed)
                        moved += frags.count
                    }
                    if moved == 0 { sched_yield() }
                }
            }
        }
    }
}
