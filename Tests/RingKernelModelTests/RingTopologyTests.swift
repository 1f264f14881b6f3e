import RingKernelModel
import Testing
import TokenRing

/// What a ring set serves, and that bookkeeping and rings do not depend on each other.
@Suite("Ring topologies")
struct RingTopologyTests {
    private func model(_ name: String, threads: Int = 2) throws -> SteppedKernel {
        try SteppedKernel(name) { $0.threads = threads }
    }

    @Test("each topology has its number of ring sets for 4 sockets and 2 threads")
    func ringSets() throws {
        let expected = [
            "mapped-ring": 1, "mapped-ring-shared": 1, "mapped-ring-socket": 4, "mapped-ring-thread": 2,
            "mapped-ring-owned": 2, "mapped-ring-xarray": 1, "return-ring": 1, "sockopt-uref": 0,
        ]
        for (name, count) in expected { #expect(try model(name).kernel.ringSets.count == count, "\(name)") }
    }

    @Test("a fragment comes through the ring set of its socket and through no other")
    func socketsRing() throws {
        for (name, number) in [("mapped-ring-socket", 3), ("mapped-ring-thread", 1), ("mapped-ring-shared", 0)] {
            let model = try model(name)
            let rings = try model.kernel.ringSets.map(RingEnds.init)
            model.arrive(4, flow: 3)
            for (position, ring) in rings.enumerated() {
                let frags = ring.take()
                #expect(frags.map(\.socket_cookie) == (position == number ? [3, 3, 3, 3] : []))
                ring.put(frags.map(\.frag_token))
            }
            #expect(model.kernel.flush() == 4)
            #expect(model.pool.isWhole)
        }
    }

    @Test("rings of one binding share its counters: a token may come back through any of them")
    func sharedCounters() throws {
        let model = try model("mapped-ring-thread")
        let rings = try model.kernel.ringSets.map(RingEnds.init)
        model.arrive(4, flow: 0)
        rings[1].put(rings[0].take().map(\.frag_token))
        #expect(model.kernel.flush() == 4)
        #expect(model.pool.isWhole)
    }

    @Test(
        "a token that was delivered to one ring set is refused by another, where the ring set is the owner",
        arguments: ["mapped-ring-owned"])
    func ownedTokens(_ name: String) throws {
        let model = try model(name)
        let rings = try model.kernel.ringSets.map(RingEnds.init)
        model.arrive(4, flow: 0)
        model.arrive(1, flow: 1)
        let tokens = rings[0].take().map(\.frag_token)
        #expect(rings[1].take().count == 1)
        rings[1].put(tokens)
        #expect(rings[1].ringSet.flush() == 0)
        #expect(model.kernel.refusals.notHeld == 4)
        #expect(model.pool.freeBuffers == 1024 - 5)
        rings[0].put(tokens)
        #expect(rings[0].ringSet.flush() == 4, "its owner still can")
        #expect(model.pool.freeBuffers == 1023)
    }

    @Test("closing the owning ring set takes back what it holds and nothing of another's")
    func ringCloseFrees() throws {
        let model = try model("mapped-ring-owned")
        let rings = try model.kernel.ringSets.map(RingEnds.init)
        model.arrive(8, flow: 0)
        model.arrive(3, flow: 1)
        let kept = rings[0].take().map(\.frag_token)
        let others = rings[1].take().map(\.frag_token)
        rings[0].put(Array(kept.prefix(2)))
        model.kernel.close(rings[0].ringSet)
        #expect(kept.count == 8 && model.pool.freeBuffers == 1021)
        rings[1].put(others)
        #expect(rings[1].ringSet.flush() == 3)
        #expect(model.pool.isWhole && model.kernel.refusals.total == 0)
    }

    @Test("closing a ring set with counters of the binding leaves the tokens to the last user")
    func ringCloseKeeps() throws {
        let model = try model("mapped-ring-thread")
        let rings = try model.kernel.ringSets.map(RingEnds.init)
        model.arrive(8, flow: 0)
        #expect(rings[0].take().count == 8)
        model.kernel.close(rings[0].ringSet)
        #expect(model.pool.freeBuffers == 1016)
        model.tearDown()
        #expect(model.pool.isWhole)
    }

    @Test("after the ring set is closed, unbind with its tokens out frees the binding", arguments: ["owned", "xarray"])
    func unbindAfterRingClose(_ kind: String) throws {
        let model = try model("mapped-ring-\(kind)")
        let rings = try model.kernel.ringSets.map(RingEnds.init)
        model.arrive(8, flow: 0)
        #expect(rings[0].take().count == 8)
        model.kernel.unbind(model.kernel.binding)
        #expect(!model.kernel.binding.isFreed)
        model.kernel.closeRings()
        for flow in 0..<4 { model.kernel.close(flow) }
        #expect(model.kernel.binding.isFreed)
    }

    @Test("the xarray works behind mapped rings: identifiers, second returns skipped, all put when the ring set closes")
    func xarrayBehindRings() throws {
        let model = try model("mapped-ring-xarray")
        let rings = try model.kernel.ringSets.map(RingEnds.init)
        model.arrive(4)
        let tokens = rings[0].take().map(\.frag_token)
        #expect(tokens == [1, 2, 3, 4])
        rings[0].put([1, 1, 77])
        #expect(model.kernel.flush() == 1)
        #expect(model.kernel.refusals.notHeld == 2)
        #expect(model.pool.freeBuffers == 1021)
        model.kernel.closeRings()
        #expect(model.pool.isWhole)
    }

    @Test("control messages and a return ring: one delivers, the other takes back, and DONTNEED still works beside it")
    func returnRingAlone() throws {
        let model = try model("return-ring")
        let rings = try #require(model.kernel.ringSet)
        #expect(!rings.delivers && rings.returnRingNumber == 0)
        var returns: ProducerRing<MappedRingMemory<TokenRange>> = try rings.region.takeProducer(of: 0)
        model.arrive(8)
        let tokens = model.receive().frags.map(\.token)
        #expect(tokens.count == 8)
        for token in tokens.prefix(5) {
            let slot = returns.reserve(1)
            returns.write(TokenRange(token_start: token, token_count: 1), at: slot.first)
            returns.submit(1)
        }
        #expect(model.dontNeed(tokens: Array(tokens.suffix(3))) == 3)
        #expect(model.pool.freeBuffers == 1019, "what is in the ring is taken when buffers are needed, or on flush")
        #expect(model.kernel.flush() == 5)
        #expect(model.pool.isWhole)
    }

    @Test("the page pool takes returns back by itself with every topology", arguments: ["socket", "thread", "shared"])
    func lazyRefill(_ kind: String) throws {
        let model = try SteppedKernel("mapped-ring-\(kind)") {
            $0.threads = 2
            $0.niovs = 64
        }
        let rings = try model.kernel.ringSets.map(RingEnds.init)
        for round in 0..<200 {
            model.arrive(16, flow: round % 4)
            for ring in rings { ring.put(ring.take().map(\.frag_token)) }
        }
        #expect(model.pool.exhausted == 0)
        #expect(model.kernel.costs.issue.allTokens == 3200)
    }
}
