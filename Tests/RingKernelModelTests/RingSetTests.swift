import CTokenRing
import Glibc
import RingKernelModel
import Testing
import TokenRing

/// Several ring sets, their calls, and the rings of io_uring and netgpu.
@Suite("Ring sets")
struct RingSetTests {
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
        let (firstUser, secondUser) = (try RingUser(first), try RingUser(second))
        let mine = firstUser.take()
        let other = secondUser.take()
        #expect(mine.map(\.socket_cookie) == [0, 0, 0, 0] && other.map(\.socket_cookie) == [1, 1, 1, 1])
        firstUser.put(other.map(\.frag_token))
        secondUser.put(mine.map(\.frag_token))
        #expect(first.flush() == 4 && second.flush() == 4)
        #expect(binding.pool.audit.isWhole)
        #expect(first.counters.delivered == 4 && first.counters.returned == 4 && first.counters.not_held == 0)
    }

    @Test("the release call has the limits of SO_DEVMEM_DONTNEED and counts with the ring")
    func releaseCall() throws {
        let model = try SteppedKernel("mapped-ring")
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        model.arrive(4)
        let tokens = user.take().map(\.frag_token)
        user.put(Array(tokens[..<2]))
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
        let tokens = try RingUser(try #require(model.kernel.ringSet)).take().map(\.frag_token)
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

    /// recvmsg(MSG_SOCK_DEVMEM) with memory and control space for one message.
    private func receive(_ kernel: Kernel, _ socket: Socket, _ byteCount: Int) -> ReceiveResult {
        var memory = [UInt8](repeating: 0, count: byteCount)
        var control = [UInt64](repeating: 0, count: ControlMessages.space / 8)
        return memory.withUnsafeMutableBytes { memory in
            control.withUnsafeMutableBytes {
                kernel.recvmsg(on: socket, length: byteCount, control: $0, memory: memory)
            }
        }
    }

    private let linear = UInt32(TOKEN_RING_FRAG_LINEAR)

    @Test("the linear part is announced without a token, holds up what follows, and is read from the socket")
    func linearPart() throws {
        let model = try SteppedKernel("mapped-ring")
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        let socket = model.kernel.sockets[0]
        var arrival = Arrival(frags: 1)
        arrival.linearBytes = 64
        _ = model.kernel.softirq(arrival, on: socket, from: model.kernel.binding)
        let announced = user.take()
        #expect(announced.map(\.flags) == [linear] && announced[0].frag_size == 64)
        #expect(receive(model.kernel, socket, 4096).bytes == 64, "no more than was announced")
        #expect(receive(model.kernel, socket, 4096).bytes == -Int(EBUSY), "the rest is the ring's")
        let rest = user.take()
        #expect(rest.map { $0.flags & linear } == [0])
        #expect(model.dontNeed(tokens: [rest[0].frag_token]) == 1)
        #expect(model.pool.isWhole)
    }

    @Test("data of another binding is announced; it is received after a detach, and delivery goes on after an attach")
    func otherBinding() throws {
        let model = try SteppedKernel("mapped-ring-xarray")
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        let socket = model.kernel.sockets[0]
        var request = BindRequest()
        request.queues = [1]
        request.dmabufBytes = 16 * 4096
        let other = try model.kernel.bind(request).get()
        _ = model.kernel.softirq(Arrival(frags: 1), on: socket, from: other)
        model.arrive(1)
        #expect(user.take().map(\.flags) == [linear])
        #expect(receive(model.kernel, socket, 4096).bytes == -Int(EFAULT))
        #expect(model.kernel.detach(socket, from: ringSet) == 0)
        #expect(model.kernel.detach(socket, from: ringSet) == -Int(ENOENT))
        #expect(receive(model.kernel, socket, 4096).bytes == 4096)
        #expect(model.kernel.attach(socket, to: ringSet) == -Int(EBUSY), "it holds a token of its own")
        #expect(model.dontNeed([TokenRange(token_start: 1, token_count: 1)]) == 1)
        #expect(model.kernel.attach(socket, to: ringSet) == 0)
        #expect(model.kernel.attach(socket, to: ringSet) == -Int(EALREADY))
        #expect(user.take().map { $0.flags & linear } == [0], "what it had queued is delivered")
    }

    @Test("the end of a stream comes once, behind its data, and recv says so")
    func endOfStream() throws {
        let model = try SteppedKernel("mapped-ring") { $0.deliveryEntries = 2 }
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        let socket = model.kernel.sockets[0]
        model.arrive(2)
        model.kernel.finish(socket)
        #expect(user.take().map(\.frag_size) == [4096, 4096])
        #expect(receive(model.kernel, socket, 8).bytes == -Int(EBUSY))
        #expect(ringSet.kick() == 1 && ringSet.kick() == 0)
        #expect(user.take().map(\.flags) == [UInt32(TOKEN_RING_FRAG_END)])
        #expect(receive(model.kernel, socket, 8).bytes == 0)
        model.kernel.finish(socket)
        #expect(user.take().isEmpty, "the peer said it again")
    }

    @Test("a range longer than a pass in softirq is kept, and later passes go on with it")
    func longRange() throws {
        let model = try SteppedKernel("mapped-ring") { $0.niovs = 4096 }
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        for _ in 0..<256 {
            model.arrive(16)
            #expect(user.take().count == 16)
        }
        #expect(model.pool.freeBuffers == 0)
        user.put(TokenRange(token_start: 0, token_count: .max))
        model.arrive(1)
        #expect(user.take().count == 1)
        #expect(ringSet.counters.returned == 64, "one pass ends with 64 buffers")
        #expect(ringSet.counters.out_of_range == 0)
        #expect(ringSet.flush() == 4096 - 64)
        #expect(ringSet.counters.out_of_range == UInt64(UInt32.max) - 4096)
        #expect(model.pool.freeBuffers == 4095)
    }

    @Test("a fatal signal ends a flush, and the next one takes the rest")
    func fatalSignal() throws {
        let model = try SteppedKernel("mapped-ring")
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        for _ in 0..<16 { model.arrive(16) }
        let tokens = user.take().map(\.frag_token)
        user.put(tokens)
        model.kernel.faults.failNext(.fatalSignal)
        #expect(ringSet.flush() == 64)
        #expect(ringSet.flush() == tokens.count - 64)
        #expect(model.pool.isWhole)
    }

    @Test("without memory for tokens nothing is published, and the data comes with what arrives next")
    func noMemoryForTokens() throws {
        let model = try SteppedKernel("mapped-ring-xarray")
        let user = try RingUser(try #require(model.kernel.ringSet))
        model.kernel.faults.failNext(.tokenAllocation)
        model.arrive(4)
        #expect(user.take().isEmpty)
        model.arrive(1)
        let frags = user.take()
        #expect(frags.map(\.frag_token) == [1, 2, 3, 4, 5] && frags.allSatisfy { $0.frag_size == 4096 })
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

    @Test("a range beyond the last token does not come round to the first, in the ring and in the call (R8)")
    func rangeBeyondLastToken() throws {
        let model = try SteppedKernel("mapped-ring-xarray")
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        model.arrive(2)
        #expect(user.take().map(\.frag_token) == [1, 2])
        let range = TokenRange(token_start: .max, token_count: 4)
        user.put(range)
        #expect(ringSet.flush() == 0)
        #expect([range].withUnsafeBytes { ringSet.release($0) } == 0)
        #expect(model.pool.freeBuffers == 1022)
        #expect(ringSet.counters.out_of_range == 6 && ringSet.counters.not_held == 2)
    }

    @Test("zcrx: a buffer that is returned more often than it is held is returned as often as it is held, in a flush")
    func refillRingTooOften() throws {
        let model = try SteppedKernel("refill-ring")
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        var ring = try #require(ringSet.refillRing).takeProducer()
        model.arrive(2)
        let offset = user.take()[0].frag_offset
        for _ in 0..<3 {
            let slot = ring.reserve(1)
            ring.write(RefillEntry(offset: offset), at: slot.first)
            ring.submit(1)
        }
        #expect(ringSet.flush() == 1)
        #expect(ringSet.counters.not_held == 2)
        #expect(model.pool.freeBuffers == 1023 && model.pool.doubleFrees == 0)
    }

    @Test("netgpu: an entry beyond the last buffer returns nothing, and those behind it do")
    func fillQueueOutOfRange() throws {
        let model = try SteppedKernel("fill-queue")
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        var queue = try #require(ringSet.fillQueue).takeProducer()
        model.arrive(1)
        for address in [1024 * 4096 as UMEMAddress, user.take()[0].frag_offset] {
            let slot = queue.reserve(1)
            queue.write(address, at: slot.first)
            queue.submit(1)
        }
        #expect(ringSet.flush() == 1)
        #expect(ringSet.counters.out_of_range == 1)
        #expect(model.pool.freeBuffers == 1024)
    }

    @Test("zcrx: entries of one buffer in a row are folded, a wrong area, padding or offset is skipped by the refill")
    func refillRing() throws {
        let model = try SteppedKernel("refill-ring") { $0.fragBytes = 2048 }
        let ringSet = try #require(model.kernel.ringSet)
        let user = try RingUser(ringSet)
        model.arrive(4)
        let entries = user.take()
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
        #expect(ringSet.flush() == 0 && ringSet.flush() == 0)
        #expect(ringSet.counters.out_of_range == 3, "and the next ones at the next")
        #expect(ringSet.counters.not_held == 0, "although two of them name buffer 0")
    }
}

/// The application's ends of a ring set.
private final class RingUser {
    private var delivery: ConsumerRing<MappedRingMemory<FragDescriptor>>
    private var returns: ProducerRing<MappedRingMemory<TokenRange>>?

    init(_ ringSet: RingSet) throws(RegionError) {
        delivery = try ringSet.region.takeConsumer(of: RingSet.deliveryRing)
        returns = nil
        guard ringSet.refillRing == nil, ringSet.fillQueue == nil else { return }
        returns = try ringSet.region.takeProducer(of: ringSet.returnRingNumber)
    }

    func take() -> [FragDescriptor] {
        let batch = delivery.peek(upTo: 1024)
        defer { delivery.release(batch.count) }
        return (0..<batch.count).map { delivery.read(at: batch[$0]) }
    }

    func put(_ tokens: [UInt32]) {
        for token in tokens { put(TokenRange(token_start: token, token_count: 1)) }
    }

    func put(_ range: TokenRange) {
        guard let slot = returns?.reserve(1) else { return }
        returns?.write(range, at: slot.first)
        returns?.submit(1)
    }
}
