import Glibc
import RingKernelModel
import Testing
import TokenRing

/// What a bind is refused for, and what binding, unbinding and freeing do; expected values are sources.md 2.1, D6, B13, B15.
@Suite("Binding")
struct BindTests {
    private func kernel(_ name: String = "sockopt-xarray") throws -> Kernel {
        Kernel(bare: try #require(Composition.named(name)))
    }

    private func request(_ change: (inout BindRequest) -> Void = { _ in }) -> BindRequest {
        var request = BindRequest()
        request.dmabufBytes = 16 * 4096
        change(&request)
        return request
    }

    private func errno(_ kernel: Kernel, _ request: BindRequest) -> Int32 {
        switch kernel.bind(request) {
        case .success: 0
        case .failure(let refusal): refusal.errno
        }
    }

    @Test("a dmabuf of the caller's is bound as it is, and not where it is too small")
    func ownDmabuf() throws {
        let kernel = try kernel()
        let dmabuf = try SealedMemory("dmabuf", byteCount: 17 * 4096)
        #expect(errno(kernel, request { ($0.dmabufBytes, $0.dmabuf) = (18 * 4096, dmabuf) }) == EINVAL)
        #expect(errno(kernel, request { $0.dmabuf = dmabuf }) == 0)
        #expect(kernel.binding.memory.base == dmabuf.mapping.base && kernel.binding.niovCount == 16)
    }

    @Test("a bind is refused with the kernel's errno for what the device or the request lacks")
    func refusals() throws {
        let cases: [(String, Int32, (NetDevice) -> Void, (inout BindRequest) -> Void)] = [
            ("no queue", EINVAL, { _ in }, { $0.queues = [] }),
            ("queue out of range", ERANGE, { _ in }, { $0.queues = [4] }),
            ("header split off", EINVAL, { $0.splitsHeaders = false }, { _ in }),
            ("hds-thresh", EINVAL, { $0.headerSplitThreshold = 256 }, { _ in }),
            ("XDP program", EEXIST, { $0.hasXDPProgram = true }, { _ in }),
            ("AF_XDP socket", EBUSY, { $0.queues[0].hasXDPPool = true }, { _ in }),
            ("leased queue", EBUSY, { $0.queues[0].isLeased = true }, { _ in }),
            ("no privilege", EPERM, { _ in }, { $0.isPrivileged = false }),
            ("odd page size", EINVAL, { _ in }, { $0.niovBytes = 12288 }),
            ("small page size", EINVAL, { _ in }, { $0.niovBytes = 2048 }),
            ("unaligned dmabuf", EINVAL, { _ in }, { $0.dmabufBytes = 4096 + 512 }),
        ]
        for (name, expected, prepare, change) in cases {
            let kernel = try kernel()
            prepare(kernel.device)
            #expect(errno(kernel, request(change)) == expected, "\(name)")
            #expect(kernel.bindings.isEmpty, "\(name)")
        }
    }

    @Test("a queue has one memory provider, and channels cannot shrink below it")
    func oneProvider() throws {
        let kernel = try kernel()
        #expect(errno(kernel, request { $0.queues = [3] }) == 0)
        #expect(errno(kernel, request { $0.queues = [3] }) == EEXIST)
        #expect(kernel.device.setChannels(2) == -Int(EBUSY))
        #expect(kernel.device.setChannels(8) == 0)
    }

    @Test("unbound is not freed while a token is out")
    func freedWhenHome() throws {
        let model = try SteppedKernel("sockopt-xarray")
        model.arrive(1)
        let token = try #require(model.receive().frags.first).token
        model.kernel.unbind(model.kernel.binding)
        #expect(model.kernel.binding.isUnbound && !model.kernel.binding.isFreed)
        #expect(model.dontNeed(tokens: [token]) == 1)
        #expect(model.kernel.binding.isFreed)
    }

    @Test("a binding for transmission has no queue and gives no tokens")
    func transmit() throws {
        let kernel = try kernel()
        #expect(
            errno(
                kernel,
                request {
                    $0.direction = .transmit; $0.queues = []
                }) == 0)
        #expect(!kernel.device.queues[0].hasProvider)
    }

    @Test("no memory for the binding is ENOMEM, and the next bind succeeds")
    func noMemory() throws {
        let kernel = try kernel()
        kernel.faults.failNext(.bindingAllocation)
        #expect(errno(kernel, request()) == ENOMEM)
        #expect(errno(kernel, request()) == 0)
    }
}
