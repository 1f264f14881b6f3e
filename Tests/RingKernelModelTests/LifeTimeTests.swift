import Glibc
import RingKernelModel
import Testing
import TokenRing

/// What close and unbind do to tokens that are still out; scenarios S10 to S13 and B1 to B6 of sources.md.
@Suite("Life time of bindings, sockets and tokens")
struct LifeTimeTests {
    @Test(
        "closing a socket frees its tokens with the xarray, and leaves them with the uref until the last user is gone")
    func closeWithTokensOut() throws {
        for (name, freed) in [("sockopt-xarray", true), ("sockopt-uref", false)] {
            let model = try SteppedKernel(name)
            model.arrive(16)
            #expect(model.receive().frags.count == 16)
            model.kernel.close(0)
            #expect(model.pool.isWhole == freed)
            model.tearDown()
            #expect(model.pool.isWhole)
        }
    }

    @Test(
        "data that was never read is freed when its socket closes",
        arguments: Composition.all.filter { $0.cleanUp != .never }.map(\.name))
    func unreadData(_ name: String) throws {
        let model = try SteppedKernel(name) { $0.deliveryEntries = 1 }
        model.arrive(32)
        #expect(!model.pool.isWhole)
        model.tearDown()
        #expect(model.pool.isWhole)
    }

    @Test("unbind before the first receive: the xarray still delivers, the uref says ENODEV")
    func unbindBeforeReceive() throws {
        for (name, bytes) in [("sockopt-xarray", 4 * 4096), ("sockopt-uref", -Int(ENODEV))] {
            let model = try SteppedKernel(name)
            model.arrive(4)
            model.kernel.unbind(model.kernel.binding)
            #expect(model.receive().result.bytes == bytes)
            model.tearDown()
            #expect(model.pool.isWhole)
        }
    }

    @Test("unbind after a receive: the socket is a member and goes on", arguments: ["sockopt-xarray", "sockopt-uref"])
    func unbindAfterReceive(_ name: String) throws {
        let model = try SteppedKernel(name)
        model.arrive(4)
        let first = model.receive(length: 4096).frags
        model.kernel.unbind(model.kernel.binding)
        let rest = model.receive().frags
        #expect(first.count == 1 && rest.count == 3)
        #expect(model.dontNeed(tokens: (first + rest).map(\.token)) == 4)
        model.kernel.close(0)
        #expect(model.pool.isWhole)
    }

    @Test("a bad token after all were returned and the binding unbound changes nothing")
    func badTokenAfterUnbind() throws {
        for (name, result) in [("sockopt-xarray", 0), ("sockopt-uref", 1)] {
            let model = try SteppedKernel(name)
            model.arrive(1)
            let token = try #require(model.receive().frags.first).token
            #expect(model.dontNeed(tokens: [token]) == 1)
            model.kernel.unbind(model.kernel.binding)
            #expect(model.dontNeed(tokens: [token]) == result)
            #expect(model.pool.isWhole)
        }
    }
}
