import Glibc
import RingKernelModel
import Testing
import TokenRing

/// Limits, errors and counts of recvmsg and SO_DEVMEM_DONTNEED; expected values are from sources.md 2.1 and 1D.
@Suite("recvmsg and SO_DEVMEM_DONTNEED")
struct SocketOptionTests {
    static let both = ["sockopt-xarray", "sockopt-uref"]

    @Test("a token that is returned once frees its buffer and is counted", arguments: both)
    func returnsOnce(_ name: String) throws {
        let model = try SteppedKernel(name)
        model.arrive(16)
        let (result, frags) = model.receive()
        #expect(result.bytes == 16 * 4096)
        #expect(frags.count == 16)
        #expect(model.pool.freeBuffers == 1024 - 16)
        #expect(model.dontNeed(tokens: frags.map(\.token)) == 16)
        #expect(model.pool.isWhole)
    }

    @Test("xarray tokens are unique, start at 1 and are reused from the lowest")
    func xarrayTokens() throws {
        let model = try SteppedKernel("sockopt-xarray") { $0.niovs = 8192 }
        var tokens: [UInt32] = []
        while tokens.count < 5000 {
            model.arrive(16)
            tokens += model.receive().frags.map(\.token)
        }
        #expect(tokens == Array(1...UInt32(tokens.count)))
        #expect(model.dontNeed(tokens: [7, 4100, 9]) == 3)
        model.arrive(3)
        #expect(model.receive().frags.map(\.token) == [7, 9, 4100])
        #expect(model.dontNeed([TokenRange(token_start: 1, token_count: 1000)]) == 1000)
        #expect(model.pool.freeBuffers == 8192 - tokens.count + 1000)
        model.tearDown()
        #expect(model.pool.isWhole)
    }

    @Test("a token that was never issued or is returned twice is skipped by the xarray")
    func xarraySkipsStrays() throws {
        let model = try SteppedKernel("sockopt-xarray")
        model.arrive(2)
        let tokens = model.receive().frags.map(\.token)
        #expect(model.dontNeed(tokens: [tokens[0], tokens[0], 77]) == 1)
        #expect(model.kernel.refusals.notHeld == 2)
        #expect(model.pool.freeBuffers == 1023)
    }

    @Test("a token means nothing on another socket of the xarray, and is taken on any socket by the uref")
    func otherSocket() throws {
        for (name, released) in [("sockopt-xarray", 0), ("sockopt-uref", 1)] {
            let model = try SteppedKernel(name)
            model.arrive(1, flow: 0)
            model.arrive(1, flow: 1)
            let token = try #require(model.receive(flow: 0).frags.first).token
            let other = model.receive(flow: 1)
            #expect(other.frags.count == 1)
            // The second socket's own xarray has the same index, so give that back first.
            if name == "sockopt-xarray" { #expect(model.dontNeed(tokens: [token], flow: 1) == 1) }
            #expect(model.dontNeed(tokens: [token], flow: 1) == released)
        }
    }

    @Test("as posted in v10 a stray return underflows, and the buffer is handed to the NIC while user space reads it")
    func postedUnderflow() throws {
        let model = try SteppedKernel("sockopt-uref") { $0.niovs = 1 }
        model.arrive(1)
        let token = try #require(model.receive().frags.first).token
        #expect(model.dontNeed(tokens: [token]) == 1)
        #expect(model.dontNeed(tokens: [token]) == 1, "v10 counts a return that nobody held")
        model.arrive(1)
        #expect(model.receive().frags.map(\.token) == [token])
        #expect(model.pool.freeBuffers == 1, "user space holds the token, and yet the buffer is in the pool")
    }

    @Test("more than 128 tokens, or a length that is no array of tokens, is EINVAL", arguments: both)
    func refusesLengths(_ name: String) throws {
        let model = try SteppedKernel(name)
        model.arrive(1)
        #expect(model.receive().frags.count == 1)
        for length in [0, 4, 7, 12, 129 * 8] {
            let bytes = [UInt8](repeating: 0, count: length)
            #expect(bytes.withUnsafeBytes { model.kernel.dontNeed(on: 0, $0) } == -Int(EINVAL))
        }
    }

    @Test("1024 fragments are looked at in one call, and the rest is silently left")
    func stopsAt1024() throws {
        let model = try SteppedKernel("sockopt-xarray") { $0.niovs = 4096 }
        while model.receive().frags.last?.token ?? 0 < 2000 { model.arrive(16) }
        #expect(model.dontNeed([TokenRange(token_start: 1, token_count: 2000)]) == 1024)
        #expect(model.dontNeed([TokenRange(token_start: 1, token_count: 2000)]) == 0, "absent tokens use the limit up")
        #expect(model.dontNeed([TokenRange(token_start: 1025, token_count: 2000)]) > 900)
    }

    @Test("a range that leaves the binding ends there for the uref, and a wrap does not come round to token 0")
    func rangeLeavesBinding() throws {
        let model = try SteppedKernel("sockopt-uref")
        model.arrive(1)
        let token = try #require(model.receive().frags.first).token
        #expect(model.dontNeed([TokenRange(token_start: .max, token_count: token + 2)]) == 0)
        #expect(model.pool.freeBuffers == 1023)
        #expect(model.kernel.refusals.outOfRange > 0)
    }

    @Test("DONTNEED before any receive is EINVAL for the uref and 0 for the xarray")
    func beforeReceive() throws {
        #expect(try SteppedKernel("sockopt-uref").dontNeed(tokens: [1]) == -Int(EINVAL))
        #expect(try SteppedKernel("sockopt-xarray").dontNeed(tokens: [1]) == 0)
    }

    @Test("too little control space is ETOOSMALL, makes no token and loses no data", arguments: both)
    func controlSpaceTooSmall(_ name: String) throws {
        let model = try SteppedKernel(name)
        model.arrive(4)
        #expect(model.receive(messages: 0).result.bytes == -525)
        #expect(model.receive(messages: 1).result.bytes == 4096, "what fits is delivered")
        let rest = model.receive()
        #expect(rest.frags.count == 3)
        #expect(model.pool.freeBuffers == 1020)
    }

    @Test("an empty queue is EAGAIN", arguments: both)
    func emptyQueue(_ name: String) throws {
        #expect(try SteppedKernel(name).receive().result.bytes == -Int(EAGAIN))
    }

    @Test("two fragments of one buffer keep it until both tokens are back", arguments: both)
    func twoFragmentsOfOneBuffer(_ name: String) throws {
        let model = try SteppedKernel(name) { $0.fragBytes = 2048 }
        model.arrive(2)
        let frags = model.receive().frags
        #expect(Set(frags.map { $0.offset / 4096 }).count == 1)
        #expect(model.dontNeed(tokens: [frags[0].token]) == 1)
        #expect(model.pool.freeBuffers == 1023)
        #expect(model.dontNeed(tokens: [frags[1].token]) == 1)
        #expect(model.pool.isWhole)
    }
}
