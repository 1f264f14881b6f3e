import Glibc
import RingKernelModel
import Testing
import TokenRing

/// What each clean-up policy takes back, and what it misses: A14, A15, B1 and C5 of sources.md.
@Suite("Clean-up policies")
struct CleanUpPolicyTests {
    @Test("unbind takes back what is out, once")
    func unbindTakesBack() throws {
        let model = try SteppedKernel("sockopt-uref-unbind")
        model.arrive(16)
        let tokens = model.receive().frags.map(\.token)
        model.kernel.close(0)
        #expect(!model.pool.isWhole, "closing the socket does nothing")
        model.kernel.unbind(model.kernel.binding)
        #expect(model.pool.isWhole && model.kernel.binding.isFreed)
        #expect(tokens.count == 16)
    }

    @Test("recvmsg after unbind obtains references that nobody takes back: why v10 counts users")
    func unbindRace() throws {
        for (name, leaks) in [("sockopt-uref-unbind", true), ("sockopt-uref", false), ("sockopt-xarray", false)] {
            let model = try SteppedKernel(name)
            model.arrive(4)
            model.kernel.unbind(model.kernel.binding)
            _ = model.receive()
            model.tearDown()
            #expect(model.kernel.binding.isFreed == !leaks)
        }
    }

    @Test("with clean-up at unbind an application that returns everything leaks nothing")
    func unbindThenReturn() throws {
        let model = try SteppedKernel("sockopt-uref-unbind")
        model.arrive(4)
        model.kernel.unbind(model.kernel.binding)
        let tokens = model.receive().frags.map(\.token)
        #expect(model.dontNeed(tokens: tokens) == 4)
        model.tearDown()
        #expect(model.kernel.binding.isFreed)
    }

    @Test("without clean-up one token that is never returned keeps the binding for good")
    func never() throws {
        let model = try SteppedKernel("sockopt-uref-never")
        model.arrive(2)
        let tokens = model.receive().frags.map(\.token)
        #expect(model.dontNeed(tokens: [tokens[0]]) == 1)
        model.tearDown()
        #expect(model.pool.freeBuffers == 1023 && !model.kernel.binding.isFreed)
    }

    @Test("RFC v3 loses the tokens that did not fit, until the socket closes; an error makes none")
    func silentTruncation() throws {
        let model = try SteppedKernel("sockopt-rfc-v3")
        model.arrive(4)
        let (result, frags) = model.receive(messages: 1)
        #expect(result.isTruncated && result.bytes == 4 * 4096)
        #expect(model.dontNeed(tokens: frags.map(\.token)) == 1)
        #expect(model.pool.freeBuffers == 1021, "three buffers that user space never heard of")
        model.kernel.close(0)
        #expect(model.pool.isWhole)
    }
}
