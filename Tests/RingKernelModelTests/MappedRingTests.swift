import RingKernelModel
import Testing
import TokenRing

/// The proposal: delivery ring, return ring, flush and kick. Expected values are sources.md 1D and the proposal in design/README.md.
@Suite("Mapped rings")
struct MappedRingTests {
    typealias Delivery = ConsumerRing<MappedRingMemory<FragDescriptor>>
    typealias Returns = ProducerRing<MappedRingMemory<TokenRange>>

    private func makeModel(_ change: (inout Kernel.Configuration) -> Void = { _ in }) throws -> (SteppedKernel, RingSet)
    {
        let model = try SteppedKernel("mapped-ring", change: change)
        return (model, try #require(model.kernel.ringSet))
    }

    private func take(_ ring: inout Delivery, _ most: UInt32 = 1024) -> [FragDescriptor] {
        let batch = ring.peek(upTo: most)
        defer { ring.release(batch.count) }
        return (0..<batch.count).map { ring.read(at: batch[$0]) }
    }

    private func put(_ ring: inout Returns, _ start: UInt32, _ count: UInt32 = 1) -> Bool {
        let slot = ring.reserve(1)
        guard !slot.isEmpty else { return false }
        ring.write(TokenRange(token_start: start, token_count: count), at: slot.first)
        ring.submit(1)
        return true
    }

    @Test("fragments come through the ring in order, with their socket, and their tokens return through the other")
    func goesRound() throws {
        let (model, rings) = try makeModel { $0.startIndex = .max - 4 }
        var delivery: Delivery = try rings.region.takeConsumer(of: RingSet.deliveryRing)
        var returns: Returns = try rings.region.takeProducer(of: RingSet.returnRing)
        let content = StreamContent(seed: 1, flow: 2)
        for round in 0..<100 {
            model.arrive(16, flow: 2)
            let frags = take(&delivery)
            #expect(frags.count == 16)
            #expect(frags.allSatisfy { $0.socket_cookie == 2 && $0.frag_size == 4096 })
            for (position, frag) in frags.enumerated() {
                let bytes = UnsafeRawBufferPointer(
                    start: model.kernel.binding.memory.base + Int(frag.frag_offset), count: 4096)
                #expect(content.matches(at: UInt64((round * 16 + position) * 4096), bytes, depth: .stamps))
                #expect(put(&returns, frag.frag_token))
            }
        }
        #expect(model.kernel.flush() > 0)
        #expect(model.pool.isWhole)
        #expect(model.kernel.refusals.total == 0)
    }

    @Test("the page pool takes returns back by itself when it needs buffers")
    func lazyRefill() throws {
        let (model, rings) = try makeModel { $0.niovs = 64 }
        var delivery: Delivery = try rings.region.takeConsumer(of: RingSet.deliveryRing)
        var returns: Returns = try rings.region.takeProducer(of: RingSet.returnRing)
        for _ in 0..<100 {
            model.arrive(16)
            let frags = take(&delivery)
            #expect(frags.count == 16, "no flush was ever called")
            for frag in frags { #expect(put(&returns, frag.frag_token)) }
        }
        #expect(model.pool.exhausted == 0)
    }

    @Test("a full delivery ring leaves the data queued, makes no token, and asks for a kick")
    func deliveryRingFull() throws {
        let (model, rings) = try makeModel { $0.deliveryEntries = 4 }
        var delivery: Delivery = try rings.region.takeConsumer(of: RingSet.deliveryRing)
        model.arrive(16)
        let asks = delivery.needsWakeup()
        #expect(asks)
        #expect(model.kernel.costs.issue.allTokens == 4, "tokens exist for what is in the ring and for nothing else")
        #expect(take(&delivery).count == 4)
        #expect(model.kernel.kick() == 4)
        var received = take(&delivery).count
        while model.kernel.kick() > 0 { received += take(&delivery).count }
        #expect(received == 12, "nothing was lost")
        let stillAsks = delivery.needsWakeup()
        #expect(!stillAsks, "all is delivered: no kick is wanted any more")
    }

    @Test("a full return ring: the flush call makes room, and the counts are exact")
    func returnRingFull() throws {
        let (model, rings) = try makeModel { $0.returnEntries = 1 }
        var delivery: Delivery = try rings.region.takeConsumer(of: RingSet.deliveryRing)
        var returns: Returns = try rings.region.takeProducer(of: RingSet.returnRing)
        model.arrive(16)
        let frags = take(&delivery)
        var flushed = 0
        for frag in frags {
            while !put(&returns, frag.frag_token) { flushed += model.kernel.flush() }
        }
        flushed += model.kernel.flush()
        #expect(flushed == 16)
        #expect(model.pool.isWhole)
    }

    @Test("stray, double and out-of-range returns are refused under their cause and free nothing")
    func refusesStrays() throws {
        let (model, rings) = try makeModel()
        var delivery: Delivery = try rings.region.takeConsumer(of: RingSet.deliveryRing)
        var returns: Returns = try rings.region.takeProducer(of: RingSet.returnRing)
        model.arrive(2)
        let frags = take(&delivery)
        #expect(put(&returns, frags[0].frag_token))
        #expect(put(&returns, frags[0].frag_token))
        #expect(put(&returns, 1_000_000))
        #expect(put(&returns, .max, .max))
        #expect(model.kernel.flush() == 1)
        #expect(model.kernel.refusals.notHeld == 1)
        #expect(model.kernel.refusals.outOfRange == 1 + UInt64(UInt32.max))
        #expect(model.pool.freeBuffers == 1023)
    }

    @Test("a producer index that jumps is clamped and counted, and the kernel's pass is bounded")
    func lyingProducer() throws {
        let (model, rings) = try makeModel { $0.returnEntries = 64 }
        let layout = rings.region.rings[RingSet.returnRing].layout
        let slots = (rings.region.mapping.base + Int(layout.entries)).assumingMemoryBound(to: TokenRange.self)
        for slot in 0..<64 { slots[slot] = TokenRange(token_start: 5, token_count: 1) }
        SharedWord(at: rings.region.mapping.base + Int(layout.producer)).storeRelease(0x8000_0000)
        #expect(model.kernel.flush() == 0)
        #expect(rings.statistics.returns.indexViolations > 0)
        #expect(model.kernel.refusals.notHeld == 64, "one ring full a flush")
        #expect(model.pool.isWhole)
    }

    @Test("tokens that user space keeps come back when the rings and the binding are closed")
    func clean() throws {
        let (model, rings) = try makeModel()
        var delivery: Delivery = try rings.region.takeConsumer(of: RingSet.deliveryRing)
        model.arrive(16)
        #expect(take(&delivery).count == 16)
        model.kernel.closeRings()
        #expect(!model.pool.isWhole)
        model.tearDown()
        #expect(model.pool.isWhole)
    }

    @Test("after unbind members are still served, and a socket that never received is not")
    func unbindWithRings() throws {
        let (model, rings) = try makeModel { $0.deliveryEntries = 1 }
        var delivery: Delivery = try rings.region.takeConsumer(of: RingSet.deliveryRing)
        model.arrive(2, flow: 0)
        model.kernel.unbind(model.kernel.binding)
        #expect(take(&delivery).count == 1)
        #expect(model.kernel.kick() == 1, "what had come in before is delivered")
        #expect(take(&delivery).count == 1)
        model.arrive(1, flow: 0)
        #expect(take(&delivery).isEmpty, "the queue is gone")
        model.tearDown()
        #expect(model.pool.isWhole)
    }
}
