import Synchronization

/// A TCP socket that receives from a binding.
///
/// One thread at a time receives on it; returning tokens and closing may be another's.
public final class Socket: @unchecked Sendable {
    /// `SO_COOKIE`; a delivery ring names the socket by it. It is also the number of its stream.
    public let cookie: UInt64
    /// Whom its tokens belong to.
    public let owner: TokenOwner
    let queue: ReceiveQueue
    /// Bytes that a delivery ring announced, at the front of the queue; nothing more is delivered before they are read.
    var announcedBytes: Int {
        get { announced.load(ordering: .acquiring) }
        set { announced.store(newValue, ordering: .releasing) }
    }
    private let announced = Atomic<Int>(0)
    /// The peer has closed its side.
    private let ended = Atomic<Bool>(false)
    /// The end of the stream was put into the delivery ring. Under the ring set's lock.
    nonisolated(unsafe) var endWasDelivered = false
    /// `SO_DEVMEM_AUTORELEASE` (sources.md A9), where there is such an option.
    private let autorelease = Atomic<UInt8>(0)
    /// Its stream. Softirq only.
    let stream: UnsafeMutablePointer<Stream>
    /// What receiving and returning cost: each is of the thread that does it.
    let issueCost: UnsafeMutablePointer<CostMeter>
    let releaseCost: UnsafeMutablePointer<CostMeter>
    var costs: (issue: CostMeter, release: CostMeter) { (issueCost.pointee, releaseCost.pointee) }
    /// The ring set that delivers its fragments, if one does; the kernel keeps it. Changed under NAPI.
    var ringSet: RingSet? {
        get { unretainedRingSet?.takeUnretainedValue() }
        set { unretainedRingSet = newValue.map(Unmanaged.passUnretained) }
    }
    /// The same for softirq, which counts no references.
    nonisolated(unsafe) private(set) var unretainedRingSet: Unmanaged<RingSet>?
    private let closed = Atomic<Bool>(false)

    init(cookie: UInt64, windowFrags: Int, content: StreamContent) {
        self.cookie = cookie
        owner = TokenOwner()
        queue = ReceiveQueue(capacity: windowFrags)
        stream = .allocate(capacity: 1)
        stream.initialize(to: Stream(content: content))
        issueCost = .allocate(capacity: 1)
        issueCost.initialize(to: CostMeter())
        releaseCost = .allocate(capacity: 1)
        releaseCost.initialize(to: CostMeter())
    }

    deinit {
        stream.deallocate()
        issueCost.deallocate()
        releaseCost.deallocate()
    }

    /// Which mode it chose.
    var mode: TokenMode {
        get { TokenMode(rawValue: autorelease.load(ordering: .relaxed)) ?? .manual }
        set { autorelease.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Frees what was never read.
    func purge() {
        queue.purge()
    }

    /// Whether the stream ends behind what is queued.
    public var hasEnded: Bool { ended.load(ordering: .acquiring) }

    /// The peer closes its side: the stream ends behind what is queued.
    func end() { ended.store(true, ordering: .releasing) }

    /// Whether it was closed.
    public var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// Marks it closed. False if it was already.
    func markClosed() -> Bool { !closed.exchange(true, ordering: .acquiringAndReleasing) }
}
