/// The v3 to v10 series (sources.md A3): a counter of user references in each net_iov, all tokens of a buffer behind one
/// pool reference. The token is the buffer's page index in the dmabuf, so it is guessable and not unique per fragment.
final class PerBindingURef: TokenBookkeeping {
    /// What a return does to the counter.
    enum Decrement: Sendable {
        /// As posted in v10: decrement, and drop the buffer when the result is 0. A stray return takes 0 to -1, and the next
        /// receive of that buffer then takes no pool reference (sources.md 0.3a).
        case asPosted
        /// Decrement if positive, so that a stray return changes nothing (Jakub Kicinski on v10; zcrx since 003049b1c4fb).
        case ifPositive
    }

    private let binding: Binding
    private let decrement: Decrement
    private let counters = RefusalCounters()

    init(binding: Binding, decrement: Decrement) {
        self.binding = binding
        self.decrement = decrement
    }

    var refusals: Refusals { counters.current }

    func issue(_ frags: UnsafeBufferPointer<Frag>, on socket: Socket, tokens: UnsafeMutablePointer<UInt32>) {
        for (position, frag) in frags.enumerated() {
            let niov = binding.niovs[frag.niov]
            if niov.pointee.userReferences.wrappingAdd(1, ordering: .relaxed).newValue == 1 {
                niov.pointee.poolReferences.wrappingAdd(1, ordering: .relaxed)
            }
            tokens[position] = frag.niov
        }
    }

    func release(start: UInt32, count: UInt32, on socket: Socket?, attempts: inout Int, inSoftirq: Bool) -> Int {
        var released = 0
        for offset in 0..<count {
            // In 64 bits: start + count may wrap, and must not come round to token 0 (R8).
            let token = UInt64(start) + UInt64(offset)
            guard token < UInt64(binding.niovs.count) else {
                counters.countOutOfRange(UInt64(count - offset))
                break
            }
            guard attempts > 0 else { break }
            attempts -= 1
            released += releaseOne(NetIOVIndex(token), inSoftirq: inSoftirq)
        }
        return released
    }

    @inline(__always)
    private func releaseOne(_ token: NetIOVIndex, inSoftirq: Bool) -> Int {
        let niov = binding.niovs[token]
        switch decrement {
        case .asPosted:
            if niov.pointee.userReferences.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                binding.pool.drop(token, inSoftirq: inSoftirq)
            }
            return 1
        case .ifPositive:
            var held = niov.pointee.userReferences.load(ordering: .relaxed)
            while held > 0 {
                let (exchanged, original) = niov.pointee.userReferences.weakCompareExchange(
                    expected: held, desired: held - 1, ordering: .acquiringAndReleasing)
                if exchanged {
                    if held == 1 { binding.pool.drop(token, inSoftirq: inSoftirq) }
                    return 1
                }
                held = original
            }
            counters.countNotHeld(1)
            return 0
        }
    }

    /// Nothing: tokens are not the socket's. They come back when the binding's last user leaves.
    func close(_ socket: Socket) {}
}
