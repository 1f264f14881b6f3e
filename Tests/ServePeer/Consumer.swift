import CTokenRing
import Glibc
import RingKernelModel
import RingTestSupport
import TokenRing

/// A consumer of one ring set in Swift: checks every byte, and that each stream is whole and in order.
struct Consumer: ~Copyable {
    private let client: ServeClient
    private let opened: ServeClient.Opened
    private let region: RingRegion
    private var delivery: ConsumerRing<MappedRingMemory<FragDescriptor>>
    private var returns: ProducerRing<MappedRingMemory<TokenRange>>
    private let payload: UnsafeRawBufferPointer
    private var positions: [UInt64]
    private var ended = 0
    private(set) var received: UInt64 = 0
    private(set) var wrong: UInt64 = 0
    private(set) var sleeps: UInt64 = 0

    /// Connects and takes the consumer's ends.
    init(path: String) throws {
        let client = try ServeClient(path: path)
        guard let opened = client.open(payload: true), opened.answer.result == 0, opened.descriptors.count == 2 else {
            throw SystemCallError("open", errno: EPROTO, hint: "no ring set was given")
        }
        let region = try RingRegion.attach(opened.descriptors[0])
        let byteCount = Int(opened.answer.payload_bytes)
        let mapped = mmap(nil, byteCount, PROT_READ, MAP_SHARED, opened.descriptors[1].descriptor.rawValue, 0)
        guard let mapped, mapped != MAP_FAILED else { throw SystemCallError("mmap", errno: errno) }
        let consumer = try region.takeConsumer(of: 0, entry: FragDescriptor.self)
        let producer = try region.takeProducer(of: 1, entry: TokenRange.self)
        self.client = client
        self.opened = opened
        self.region = region
        delivery = consumer
        returns = producer
        payload = UnsafeRawBufferPointer(start: mapped, count: byteCount)
        positions = Array(repeating: 0, count: Int(opened.answer.sockets))
    }

    /// Receives until every stream has ended, or `most` fragments. Returns each token at once if `givesBack`, or none.
    mutating func run(most: UInt64, givesBack: Bool) throws {
        while ended < positions.count, received < most {
            var tokens: [UInt32] = []
            let batch = delivery.peek(upTo: UInt32(min(64, most - received)))
            for offset in 0..<batch.count {
                if let token = take(delivery.read(at: batch[offset])) { tokens.append(token) }
            }
            guard !batch.isEmpty else {
                // The kernel found the ring full before: it has more, and waits for a call.
                if delivery.needsWakeup(), try call(TOKEN_RING_KICK).result > 0 { continue }
                try sleep()
                continue
            }
            delivery.release(batch.count)
            if givesBack { try giveBack(tokens) }
        }
    }

    /// Whether the kernel said that it has no buffer.
    var isStarved: Bool { region.word(.consumerFlags, of: 1).loadAcquire() & UInt32(TOKEN_RING_STARVED) != 0 }

    /// What the kernel counted, after a last flush.
    func counters() throws -> token_ring_counters {
        try call(TOKEN_RING_FLUSH)
        return try call(TOKEN_RING_COUNTERS).counters
    }

    /// The token, if it has one.
    private mutating func take(_ frag: FragDescriptor) -> UInt32? {
        let flow = Int(frag.socket_cookie) - Int(opened.answer.first_cookie)
        guard positions.indices.contains(flow) else {
            wrong += 1
            return nil
        }
        if frag.flags & UInt32(TOKEN_RING_FRAG_END) != 0 {
            ended += 1
            return nil
        }
        received += 1
        let start = Int(frag.frag_offset)
        let content = StreamContent(seed: opened.answer.seed, flow: Int(frag.socket_cookie))
        let matches =
            start + Int(frag.frag_size) <= payload.count
            && content.matches(
                at: positions[flow],
                UnsafeRawBufferPointer(rebasing: payload[start..<start + Int(frag.frag_size)]), depth: .everyByte)
        if !matches { wrong += 1 }
        positions[flow] += UInt64(frag.frag_size)
        return frag.frag_token
    }

    private mutating func giveBack(_ tokens: [UInt32]) throws {
        var done = 0
        while done < tokens.count {
            let slots = returns.reserve(upTo: UInt32(tokens.count - done))
            for offset in 0..<slots.count {
                returns.write(TokenRange(token_start: tokens[done + Int(offset)], token_count: 1), at: slots[offset])
            }
            returns.submit(slots.count)
            done += Int(slots.count)
            if slots.isEmpty { try call(TOKEN_RING_FLUSH) }
        }
    }

    private mutating func sleep() throws {
        guard delivery.prepareToSleep() else { return }
        sleeps += 1
        defer { delivery.finishSleep() }
        guard client.sleep() else {
            throw SystemCallError("poll", errno: ECONNRESET, hint: "no wakeup came, or the end")
        }
    }

    @discardableResult
    private func call(_ call: token_ring_call) throws -> token_ring_serve_answer {
        guard let answer = client.call(call), answer.result >= 0 else {
            throw SystemCallError("call \(call.rawValue)", errno: EPROTO)
        }
        return answer
    }
}
