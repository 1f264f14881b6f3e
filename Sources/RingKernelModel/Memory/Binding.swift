import Synchronization
import TokenRing

/// A dmabuf bound to receive queues (`struct net_devmem_dmabuf_binding`): its memory cut into net_iovs, and their pool.
///
/// The dmabuf is a memfd here, so that a consumer in another process can map the payload read-write as a device would
/// see it. Two counts as in v10 (sources.md A13): buffers that are out keep the binding from being *freed*; users - the
/// bound queues, sockets that received, ring sets - keep it from *reclaiming* the tokens that are out.
public final class Binding: Sendable {
    /// Bytes of a page; the default and the least size of a net_iov.
    public static let pageBytes = 4096

    /// Which way the data goes; a TX binding has no tokens.
    public let direction: BindRequest.Direction
    /// What netlink calls it; `dmabuf_id` in a control message.
    public let id: UInt32
    /// Bytes of one net_iov; tokens of the array mechanisms count these.
    public let niovBytes: Int
    private let payload: SealedMemory
    /// Payload of all net_iovs.
    public var memory: Mapping { payload.mapping }
    /// The descriptor of that memory, for a consumer in another process.
    public var dmabuf: OwnedDescriptor { payload.file }
    /// Where free buffers are.
    public let pool: PagePool
    /// When tokens that are out are taken back.
    public let cleanUp: CleanUpPolicy
    /// How tokens of this binding are remembered.
    let bookkeeping: any TokenBookkeeping
    /// Queues that it is bound to. Under NAPI.
    nonisolated(unsafe) var queues: [Int] = []
    /// What returning on the binding's own descriptor cost.
    let releaseCost = Mutex(CostMeter())
    private let users = Atomic<Int>(1)
    private let isUnboundFlag = Atomic<Bool>(false)

    /// Binds `niovCount` buffers of `niovBytes` bytes in `payload`.
    init(
        id: UInt32, direction: BindRequest.Direction, payload: SealedMemory, niovCount: Int, niovBytes: Int,
        cleanUp: CleanUpPolicy, bookkeeping: any TokenBookkeeping
    ) {
        self.payload = payload
        self.id = id
        self.direction = direction
        self.niovBytes = niovBytes
        self.cleanUp = cleanUp
        self.bookkeeping = bookkeeping
        pool = PagePool(count: niovCount, niovBytes: niovBytes)
        pool.table.pointee.binding = .passUnretained(self)
    }

    /// Buffers in the binding.
    public var niovCount: Int { pool.niovs.count }
    var niovs: NetIOVTable { pool.niovs }

    var callCosts: (issue: CostMeter, release: CostMeter) { (CostMeter(), releaseCost.withLock { $0 }) }

    /// Whether the queue it was bound to is gone.
    public var isUnbound: Bool { isUnboundFlag.load(ordering: .acquiring) }
    /// Whether nobody can join any more: its last user is gone.
    public var isDying: Bool { users.load(ordering: .acquiring) == 0 }
    /// Whether nothing of it is left: unbound, and every buffer home (`_binding_free`).
    public var isFreed: Bool { isUnbound && pool.audit.freeBuffers == niovCount }

    /// A socket or ring set joins. False once the last user is gone: the binding is dying (-ENODEV, B1).
    func join() -> Bool {
        var count = users.load(ordering: .relaxed)
        while count > 0 {
            let (exchanged, original) = users.compareExchange(
                expected: count, desired: count + 1, ordering: .acquiringAndReleasing)
            if exchanged { return true }
            count = original
        }
        return false
    }

    /// A user leaves; the last one takes back every token that is still out, where that is the clean-up policy.
    func leave() {
        guard users.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        if cleanUp == .lastUser { putUserReferences() }
    }

    /// `net_devmem_dmabuf_binding_put_urefs`: exchanges each counter to 0 and drops the pool reference behind it.
    func putUserReferences() {
        for index in 0..<NetIOVIndex(niovs.count) {
            if niovs[index].pointee.userReferences.exchange(0, ordering: .acquiringAndReleasing) > 0 {
                niovs[index].drop(inSoftirq: false)
            }
        }
    }

    /// Marks it unbound. False if it was already.
    func markUnbound() -> Bool { !isUnboundFlag.exchange(true, ordering: .acquiringAndReleasing) }
}
