import Glibc
import Synchronization

/// One owner's counter for each net_iov of its binding: `sk_user_frags.urefs` of v1 and v2. 4 bytes a net_iov and owner, so
/// 2 MiB a socket for a dmabuf of 2 GiB.
final class OwnerCounters: @unchecked Sendable {
    /// Net_iovs of the binding.
    let count: Int
    /// One for each net_iov.
    let counters: UnsafeMutablePointer<Atomic<Int32>>
    /// The binding's pool.
    let pool: Unmanaged<PagePool>
    private let niovs: NetIOVPointer

    /// All at 0. The owner keeps the binding alive.
    init(of binding: Binding) {
        count = binding.niovCount
        pool = .passUnretained(binding.pool)
        niovs = binding.niovs[0]
        // Zeroed by whoever maps it, as kvcalloc does: what an owner never receives in costs no memory.
        let bytes = calloc(count, MemoryLayout<Atomic<Int32>>.stride)
        counters = bytes.unsafelyUnwrapped.bindMemory(to: Atomic<Int32>.self, capacity: count)
    }

    deinit { free(counters) }

    /// The counter of a net_iov; the index is below `count`.
    @inline(__always)
    subscript(_ index: NetIOVIndex) -> UnsafeMutablePointer<Atomic<Int32>> { counters + Int(index) }

    /// The net_iov itself.
    @inline(__always)
    func niov(_ index: NetIOVIndex) -> NetIOVPointer { niovs + Int(index) }

    /// Whether any counter is more than 0.
    var holdsAny: Bool { (0..<NetIOVIndex(count)).contains { self[$0].pointee.load(ordering: .acquiring) > 0 } }

    /// Exchanges every counter to 0 and drops the pool reference behind those that were more, as at socket destroy.
    func putAll() {
        for index in 0..<NetIOVIndex(count) where self[index].pointee.load(ordering: .relaxed) != 0 {
            if self[index].pointee.exchange(0, ordering: .acquiringAndReleasing) > 0 {
                niov(index).drop(inSoftirq: false)
            }
        }
    }
}
