/// Today's kernel (sources.md A1, A2): each fragment handed out is an entry of the socket's xarray and holds a pool
/// reference of its own; the token is the index. Identifiers are reserved and committed in batches (`tcp_xa_pool`).
final class PerSocketXArray: TokenBookkeeping {
    /// Buffers dropped per lock hold, as in `sock_devmem_dontneed`.
    private static let dropBatch = 16

    private let binding: Binding
    private let counters = RefusalCounters()

    init(binding: Binding) { self.binding = binding }

    var refusals: Refusals { counters.current }

    func issue(_ frags: UnsafeBufferPointer<Frag>, on socket: Socket, tokens: UnsafeMutablePointer<UInt32>) {
        guard let first = frags.baseAddress else { return }
        var done = 0
        while done < frags.count {
            let batch = min(frags.count - done, TrafficSource.mostFrags)
            socket.userFrags.reserve(batch, into: tokens + done)
            for frag in frags[done..<done + batch] {
                binding.niovs[frag.niov].pointee.poolReferences.wrappingAdd(1, ordering: .relaxed)
            }
            socket.userFrags.commit(tokens + done, niovs: first + done, used: batch, of: batch)
            done += batch
        }
    }

    func release(start: UInt32, count: UInt32, on socket: Socket?, attempts: inout Int, inSoftirq: Bool) -> Int {
        guard let socket else { return 0 }
        return withUnsafeTemporaryAllocation(of: NetIOVIndex.self, capacity: Self.dropBatch) { found in
            guard let room = found.baseAddress else { return 0 }
            var released = 0
            var done: UInt32 = 0
            while done < count, attempts > 0 {
                let batch = min(Self.dropBatch, Int(count - done), attempts)
                attempts -= batch
                let taken = socket.userFrags.erase(from: start &+ done, count: batch, into: room)
                for position in 0..<taken { binding.pool.drop(room[position], inSoftirq: inSoftirq) }
                if taken < batch { counters.countNotHeld(UInt64(batch - taken)) }
                released += taken
                done += UInt32(batch)
            }
            return released
        }
    }

    func close(_ socket: Socket) {
        socket.userFrags.removeAll { binding.pool.drop($0, inSoftirq: false) }
    }
}
