import CTokenRing
import Glibc
import RingKernelModel
import Testing
import TokenRing

/// Several ring sets, their calls, and the rings of io_uring and netgpu.
@Suite("Ring sets")
struct RingSetTests {
    private func take(_ ringSet: RingSet) throws -> [FragDescriptor] {
        var ring = try ringSet.region.takeConsumer(of: RingSet.deliveryRing, entry: FragDescriptor.self)
        let batch = ring.peek(upTo: 1024)
        defer { ring.release(batch.count) }
        return (0..<batch.count).map { ring.read(at: batch[$0]) }
    }

    private func put(_ ringSet: RingSet, _ tokens: [UInt32]) throws {
        var ring = try ringSet.region.takeProducer(of: ringSet.returnRingNumber, entry: TokenRange.self)
        for token in tokens {
            let slot = ring.reserve(1)
            ring.write(TokenRange(token_start: token, token_count: 1), at: slot.first)
            ring.submit(1)
        }
    }

    @Test("two ring sets over one binding share its counters: each returns what the other was given")
    func twoRingSets() throws {
        let kernel = Kernel(bare: try #require(Composition.named("mapped-ring")))
        var request = BindRequest()
        request.dmabufBytes = 64 * 4096
        let binding = try kernel.bind(request).get()
        let sockets = [kernel.open(), kernel.open()]
        let first = try kernel.createRingSet(on: binding, RingSet.Request(), serving: [sockets[0]])
        let second = try kernel.createRingSet(on: binding, RingSet.Request(), serving: [sockets[1]])
        for socket in sockets { _ = kernel.softirq(Arrival(frags: 4), on: socket, from: binding) }
        let mine = try take(first)
        let other = try take(second)
        #expect(mine.map(\.socket_cookie) == [0, 0, 0, 0] && other.map(\.socket_cookie) == [1, 1, 1, 1])
        try put(first, other.map(\.frag_token))
        try put(second, mine.map(\.frag_token))
        #expect(first.flush() == 4 && second.flush() == 4)
        #expect(binding.pool.audit.isWhole)
        #expect(first.counters.delivered == 4 && first.counters.returned == 4 && first.counters.not_held == 0)
    }

    @Test("the release call has the limits of SO_DEVMEM_DONTNEED and counts with the ring")
    func releaseCall() throws {
        let model = try SteppedKernel("mapped-ring")
        let ringSet = try #require(model.kernel.ringSet)
        model.arrive(4)
        let tokens = try take(ringSet).map(\.frag_token)
        try put(ringSet, Array(tokens[..<2]))
        let ranges = tokens[2...].map { TokenRange(token_start: $0, token_count: 1) }
        #expect(ranges.withUnsafeBytes { ringSet.release($0) } == 2)
        let many = [TokenRange](repeating: TokenRange(token_start: 0, token_count: 1), count: 129)
        #expect(many.withUnsafeBytes { ringSet.release($0) } == -Int(EINVAL))
        #expect(ringSet.flush() == 2)
        #expect(ringSet.counters.returned == 4)
        #expect(model.pool.isWhole)
    }

    @Test("SO_DEVMEM_DONTNEED on a socket that a ring set serves takes the ring set's tokens")
    func fallback() throws {
        let model = try SteppedKernel("mapped-ring")
        model.arrive(2)
        let tokens = try take(try #require(model.kernel.ringSet)).map(\.frag_token)
        #expect(model.dontNeed(tokens: tokens) == 2)
        #expect(model.pool.isWhole)
    }

    @Test("an exhausted pool is reported once until it is armed again")
    func starvation() throws {
        let model = try SteppedKernel("mapped-ring") { $0.niovs = 4 }
        let ringSet = try #require(model.kernel.ringSet)
        let offset = try #require(ringSet.region.rings[RingSet.returnRing].layout.consumerFlags)
        let flags = SharedWord(at: ringSet.region.mapping.base + Int(offset))
        #expect(ringSet.arm() == -Int(EINVAL))
        model.arrive(8)
        #expect(flags.loadAcquire() & UInt32(TOKEN_RING_STARVED) != 0)
        #expect(ringSet.counters.starved > 0)
        #expect(ringSet.arm() == 0)
        #expect(flags.loadAcquire() & UInt32(TOKEN_RING_STARVED) == 0)
    }

    @Test("the linear part comes as an entry without a token, and is read from the socket")
    func linear() throws {
        let model = try SteppedKernel("mapped-ring")
        var arrival = Arrival(frags: 1)
        arrival.linearBytes = 64
        _ = model.kernel.softirq(arrival, on: model.kernel.sockets[0], from: model.kernel.binding)
        let entries = try take(try #require(model.kernel.ringSet))
        #expect(entries.map { $0.flags & UInt32(TOKEN_RING_FRAG_LINEAR) } == [1, 0])
        #expect(entries[0].frag_size == 64)
        var memory = [UInt8](repeating: 0, count: 64)
        #expect(memory.withUnsafeMutableBytes { model.kernel.recv(on: model.kernel.sockets[0], into: $0) } == 64)
        #expect(model.dontNeed(tokens: [entries[1].frag_token]) == 1)
        #expect(model.pool.isWhole)
    }

    @Test("a ring set on a dying binding is refused with ENODEV")
    func dyingBinding() throws {
        let kernel = Kernel(bare: try #require(Composition.named("mapped-ring")))
        var request = BindRequest()
        request.dmabufBytes = 16 * 4096
        let binding = try kernel.bind(request).get()
        kernel.unbind(binding)
        #expect(throws: BindRefusal.self) {
            try kernel.createRingSet(on: binding, RingSet.Request(), serving: [])
        }
    }

    @Test("zcrx: entries of one buffer in a row are folded, a wrong area, padding or offset is skipped by the refill")
    func refillRing() throws {
        let model = try SteppedKernel("refill-ring") { $0.fragBytes = 2048 }
        let ringSet = try #require(model.kernel.ringSet)
        model.arrive(4)
        let entries = try take(ringSet)
        #expect(entries.count == 4)
        var ring = try #require(ringSet.refillRing).takeProducer()
        var padded = RefillEntry(offset: entries[0].frag_offset)
        padded.padding = 1
        let wrong = [padded, RefillEntry(offset: 1 << 48), RefillEntry(offset: 1024 * 4096)]
        for entry in entries.map({ RefillEntry(offset: $0.frag_offset) }) + wrong {
            let slot = ring.reserve(1)
            ring.write(entry, at: slot.first)
            ring.submit(1)
        }
        #expect(ringSet.flush() == 4)
        #expect(model.pool.isWhole)
        #expect(ringSet.counters.out_of_range == 1, "a flush stops at the first wrong entry")
        #expect(ringSet.counters.not_held == 0, "the padded entry named a buffer and returned nothing")
    }
}
