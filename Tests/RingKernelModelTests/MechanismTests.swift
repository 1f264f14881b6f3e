import Glibc
import RingKernelModel
import Testing
import TokenRing

/// The same questions to every mechanism that is returned to by SO_DEVMEM_DONTNEED: S1 to S7 and S10 of sources.md 1D.
@Suite("Bookkeeping mechanisms")
struct MechanismTests {
    @Test("every composition with that way to return is asked")
    func allAreAsked() {
        let asked = Set(StrayReturn.all.map(\.name) + ["sockopt-pointer"])
        for composition in Composition.all
        where composition.returning == .socketOption && composition.topology == .none {
            #expect(asked.contains(composition.name))
        }
    }

    @Test("tokens that are returned once free their buffers, round after round", arguments: StrayReturn.all)
    func once(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name) { $0.niovs = 64 }
        for _ in 0..<100 {
            model.arrive(16)
            let tokens = model.receive().frags.map(\.token)
            #expect(tokens.count == 16)
            #expect(model.dontNeed(tokens: tokens) == 16)
        }
        #expect(model.pool.isWhole)
        #expect(model.kernel.refusals.total == 0)
    }

    @Test("a range returns all its tokens", arguments: StrayReturn.all)
    func range(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name)
        model.arrive(16)
        let tokens = model.receive().frags.map(\.token)
        let first = try #require(tokens.min())
        #expect(tokens.max() == first + 15)
        #expect(model.dontNeed([TokenRange(token_start: first, token_count: 16)]) == 16)
        #expect(model.pool.isWhole)
    }

    @Test("a second return of a token frees nothing", arguments: StrayReturn.all)
    func twice(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name)
        model.arrive(2)
        let tokens = model.receive().frags.map(\.token)
        #expect(model.dontNeed(tokens: [tokens[0]]) == 1)
        #expect(model.dontNeed(tokens: [tokens[0]]) == mechanism.counts)
        #expect(model.pool.freeBuffers == 1023 && model.pool.doubleFrees == 0)
        #expect(model.kernel.refusals.notHeld == UInt64(1 - mechanism.counts))
    }

    @Test("a token that was never issued frees nothing", arguments: StrayReturn.all)
    func neverIssued(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name)
        model.arrive(1)
        #expect(model.receive().frags.count == 1)
        #expect(model.dontNeed(tokens: [1000]) == mechanism.counts)
        #expect(model.pool.freeBuffers == 1023 && model.pool.doubleFrees == 0)
        #expect(model.kernel.refusals.notHeld == UInt64(1 - mechanism.counts))
    }

    @Test("a token that the binding cannot have frees nothing, at either end of the range", arguments: StrayReturn.all)
    func outOfRange(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name)
        model.arrive(1)
        #expect(model.receive().frags.count == 1)
        #expect(model.dontNeed(tokens: [1024, .max, 1 << 27]) == 0)
        let refusals = model.kernel.refusals
        #expect(refusals.outOfRange == (mechanism.knowsRange ? 3 : 0))
        #expect(refusals.notHeld == (mechanism.knowsRange ? 0 : 3))
        #expect(model.pool.freeBuffers == 1023 && model.pool.doubleFrees == 0)
    }

    @Test("a token on another socket of the binding", arguments: StrayReturn.all)
    func otherSocket(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name)
        model.arrive(1, flow: 0)
        model.arrive(1, flow: 1)
        let token = try #require(model.receive(flow: 0).frags.first).token
        let own = try #require(model.receive(flow: 1).frags.first).token
        #expect(model.dontNeed(tokens: [own], flow: 1) == 1)
        #expect(model.dontNeed(tokens: [token], flow: 1) == (mechanism.takesOthers ? 1 : mechanism.counts))
        #expect(model.pool.freeBuffers == (mechanism.takesOthers ? 1024 : 1023))
        guard !mechanism.takesOthers else { return }
        #expect(model.dontNeed(tokens: [token], flow: 0) == 1, "its owner still can")
        #expect(model.pool.isWhole)
    }

    @Test("two fragments of one buffer keep it until both tokens are back", arguments: StrayReturn.all)
    func twoFragmentsOfOneBuffer(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name) { $0.fragBytes = 2048 }
        model.arrive(2)
        let frags = model.receive().frags
        #expect(Set(frags.map { $0.offset / 4096 }).count == 1)
        #expect(model.dontNeed(tokens: [frags[0].token]) == 1)
        #expect(model.pool.freeBuffers == 1023)
        #expect(model.dontNeed(tokens: [frags[1].token]) == 1)
        #expect(model.pool.isWhole)
    }

    @Test("a fragment that is read in two pieces has two tokens, and both must come back", arguments: StrayReturn.all)
    func fragmentInTwoPieces(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name)
        model.arrive(1)
        let pieces = [model.receive(length: 1000), model.receive()].flatMap(\.frags)
        #expect(pieces.map(\.size) == [1000, 3096])
        #expect(model.dontNeed(tokens: [pieces[0].token]) == 1)
        #expect(model.pool.freeBuffers == 1023)
        #expect(model.dontNeed(tokens: [pieces[1].token]) == 1)
        #expect(model.pool.isWhole)
    }

    @Test("DONTNEED before any receive", arguments: StrayReturn.all)
    func beforeReceive(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name)
        model.arrive(1)
        #expect(model.dontNeed(tokens: [1]) == mechanism.beforeReceive)
        #expect(model.pool.freeBuffers == 1023)
    }

    @Test("in v1 that followed a NULL binding, which syzbot found twice")
    func oopsOfVersion1() throws {
        let model = try SteppedKernel("sockopt-uref-socket")
        #expect(model.dontNeed(tokens: [1]) == 0)
        #expect(model.kernel.oopses.all.count == 1)
        for other in StrayReturn.all where other.name != "sockopt-uref-socket" {
            let model = try SteppedKernel(other.name)
            model.dontNeed(tokens: [1])
            #expect(model.kernel.oopses.all.isEmpty)
        }
    }

    @Test("closing a socket with tokens out", arguments: StrayReturn.all)
    func closeWithTokensOut(_ mechanism: StrayReturn) throws {
        let model = try SteppedKernel(mechanism.name) { $0.fragBytes = 2048 }
        model.arrive(33, flow: 0)
        model.arrive(16, flow: 1)
        let kept = model.receive(flow: 0, length: 1 << 20).frags.count
        let others = model.receive(flow: 1).frags.map(\.token)
        #expect(kept == 33 && others.count == 16)
        model.kernel.close(0)
        #expect(model.pool.freeBuffers == (mechanism.closeFrees ? 1024 - 8 : 1024 - 8 - 17))
        #expect(model.dontNeed(tokens: others, flow: 1) == 16, "another socket's tokens are as they were")
        model.tearDown()
        let isNever = mechanism.name == "sockopt-uref-never"
        #expect(model.pool.isWhole == !isNever)
        #expect(model.kernel.binding.isFreed == !isNever)
    }

    @Test(
        "without memory for a token recvmsg is ENOMEM, and the data stays queued",
        arguments: ["sockopt-xarray", "sockopt-hash", "sockopt-rcu"])
    func noMemory(_ name: String) throws {
        let model = try SteppedKernel(name)
        model.arrive(4)
        model.kernel.faults.failNext(.tokenAllocation)
        #expect(model.receive().result.bytes == -Int(ENOMEM))
        #expect(model.receive().frags.count == 4)
        model.kernel.close(0)
        #expect(model.pool.isWhole)
    }

    @Test("the raw pointer drops what it is given: a second return is a double free, a wild token an oops")
    func rawPointer() throws {
        let model = try SteppedKernel("sockopt-pointer")
        model.arrive(2)
        let tokens = model.receive().frags.map(\.token)
        #expect(model.dontNeed(tokens: [tokens[0], tokens[0]]) == 2)
        #expect(model.pool.doubleFrees == 1)
        #expect(model.dontNeed(tokens: [9999]) == 0)
        #expect(model.kernel.oopses.all.count == 1)
    }
}
