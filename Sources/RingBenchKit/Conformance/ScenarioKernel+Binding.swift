import Glibc
import RingKernelModel

extension ScenarioKernel {
    /// A request for as many buffers as the case has.
    func request(queue: Int, autorelease: UInt8? = nil, niovs: Int = 64) -> BindRequest {
        var request = BindRequest()
        request.queues = [queue]
        request.dmabufBytes = niovs * Binding.pageBytes
        request.autorelease = autorelease
        return request
    }

    /// Binds another dmabuf, to another queue.
    ///
    /// - Throws: `Stuck` when it was refused.
    @discardableResult
    func bindQueue(_ queue: Int, autorelease: UInt8? = nil) throws -> Binding {
        switch kernel.bind(request(queue: queue, autorelease: autorelease)) {
        case .success(let binding):
            did("binding \(binding.id) on queue \(queue)")
            return binding
        case .failure(let refusal): throw Stuck(description: "bind was refused: \(refusal)")
        }
    }

    /// Binds, and says `bound` or `-EBUSY`.
    func bindText(queue: Int, autorelease: UInt8? = nil) -> String {
        bindText(request(queue: queue, autorelease: autorelease))
    }

    /// Binds, and says `bound` or `-EBUSY`.
    func bindText(_ request: BindRequest) -> String {
        switch kernel.bind(request) {
        case .success(let binding):
            did("binding \(binding.id)")
            return "bound"
        case .failure(let refusal):
            did("bind: \(refusal)")
            return ErrnoName.text(of: -Int(refusal.errno))
        }
    }

    /// recvmsg on a socket whose fragments come through a ring: for what the ring does not take.
    ///
    /// - Returns: bytes or -errno.
    func receiveMessageOnSocket(_ flow: Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: 64 * ControlMessages.space, alignment: 8) {
            kernel.recvmsg(on: flow, length: 65536, control: $0).bytes
        }
    }

    /// Makes another ring set on the first binding: `made` or `-ENODEV`.
    func joinText() -> String {
        do {
            let ringSet = try kernel.createRingSet(on: kernel.binding, ringSetRequest, serving: [])
            kernel.close(ringSet)
            return "made"
        } catch let refusal as BindRefusal {
            return ErrnoName.text(of: -Int(refusal.errno))
        } catch {
            return "\(error)"
        }
    }

    /// A ring set as the proposal has it.
    var ringSetRequest: RingSet.Request {
        var request = RingSet.Request()
        request.deliveryEntries = subject.deliversByRing ? 64 : 0
        request.returnEntries = 64
        request.returning = subject.returning
        return request
    }

    /// Binds and opens on a kernel with nothing on it: two sockets and the ring sets of the proposal.
    ///
    /// - Throws: `Stuck` when bind was refused, `RegionError` when a ring cannot be had.
    @discardableResult
    func setUp(autorelease: UInt8? = nil) throws -> Binding {
        let binding = try bindQueue(0, autorelease: autorelease)
        let sockets = [kernel.open(), kernel.open()]
        guard subject.composition.hasRings else { return binding }
        let groups = subject.sharesRingSet ? [sockets] : sockets.map { [$0] }
        for group in groups {
            use(try UserRings(kernel.createRingSet(on: binding, ringSetRequest, serving: group)))
        }
        return binding
    }
}
