/// v1 and v2 of the series (sources.md A4): each owner has a counter for each net_iov, and one pool reference behind the
/// tokens of a buffer that this owner holds. The token is the page index, as in `PerBindingURef`; but a return by another
/// owner finds that one's counter at 0, and closing the owner takes back exactly what it holds.
///
/// v3 moved the counters into the binding to save memory. With a ring set as the owner there are as many arrays as rings,
/// not as sockets.
final class PerOwnerURef: TokenBookkeeping {
    /// Where v1's crash is written down; nil to refuse instead.
    private let oopses: OopsLog?

    /// - Parameter oopses: as posted in v1, where a return on a socket that never received followed a NULL binding (found by
    ///   syzbot, twice); nil to answer -EINVAL, as v3 does (B10).
    init(asPosted oopses: OopsLog?) { self.oopses = oopses }

    /// The token does not say of which binding it is.
    var mostBindings: Int { 1 }

    func makeLedger(for binding: Binding?) -> AnyObject? { binding.map(OwnerCounters.init(of:)) }

    func knows(_ owner: TokenOwner) -> Bool { oopses != nil || owner.binding != nil }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard let ledger = owner.ledger(as: OwnerCounters.self) else { return 0 }
        ledger._withUnsafeGuaranteedRef { counters in
            for (position, frag) in frags.enumerated() {
                let niov = frag.niov.unsafelyUnwrapped
                let index = niov.pointee.index
                niov.take(counters[index].pointee)
                tokens[position] = index
            }
        }
        return frags.count
    }

    func issue(_ packets: DriverPackets, to owner: TokenOwner, into ring: DeliveryWriter) -> Int {
        guard let ledger = owner.ledger(as: OwnerCounters.self) else { return 0 }
        let counters = ledger._withUnsafeGuaranteedRef { $0.counters }
        return ring.write(packets) { packet in
            packet.passReference(to: counters[Int(packet.niovIndex)])
            return packet.niovIndex
        }
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        guard let ledger = owner.ledger(as: OwnerCounters.self) else {
            oopses?.record("DONTNEED on a socket that never received followed a NULL binding")
            return 0
        }
        return ledger._withUnsafeGuaranteedRef { counters in
            walkRange(start: start, count: count, limit: counters.count, owner: owner, attempts: &attempts) { tokens in
                var (looked, taken) = (0, 0)
                while looked < tokens {
                    if inSoftirq, owner.isSerialised {
                        let run = releaseLast(start, looked..<tokens, counters)
                        looked &+= run
                        taken &+= run
                        if looked == tokens { break }
                    }
                    taken &+= releaseOne(start &+ UInt32(truncatingIfNeeded: looked), counters, owner, inSoftirq)
                    looked &+= 1
                }
                return taken
            }
        }
    }

    /// Takes tokens back in softirq as long as each is the last of its buffer, which goes into the pool's cache: the plain case,
    /// with little to do per token.
    ///
    /// - Returns: how many of `tokens`, which count from `start`.
    @inline(__always)
    private func releaseLast(_ start: UInt32, _ tokens: Range<Int>, _ counters: OwnerCounters) -> Int {
        let first = start &+ UInt32(truncatingIfNeeded: tokens.lowerBound)
        return counters.pool._withUnsafeGuaranteedRef { pool in
            pool.recycle(upTo: tokens.count) { number in
                let index = first &+ UInt32(truncatingIfNeeded: number)
                let niov = counters.niov(index)
                guard counters[index].pointee.load(ordering: .relaxed) == 1, niov.dropOnly() else { return nil }
                counters[index].pointee.store(0, ordering: .releasing)
                return niov
            }
        }
    }

    @inline(__always)
    private func releaseOne(
        _ index: NetIOVIndex, _ counters: OwnerCounters, _ owner: TokenOwner, _ inSoftirq: Bool
    ) -> Int {
        let counter = counters[index]
        let left =
            owner.isSerialised ? counter.pointee.decrementSerialised() : counter.pointee.decrementIfPositive()
        guard let left else {
            owner.refused.countNotHeld(1)
            return 0
        }
        if left == 0 { counters.niov(index).drop(inSoftirq: inSoftirq) }
        return 1
    }

    func holdsTokens(_ owner: TokenOwner) -> Bool {
        owner.ledger(as: OwnerCounters.self)?.takeUnretainedValue().holdsAny ?? false
    }

    func close(_ owner: TokenOwner) {
        owner.ledger(as: OwnerCounters.self)?.takeUnretainedValue().putAll()
    }
}

extension BookkeepingMechanism {
    /// See `PerOwnerURef`, with v1's crash.
    static let urefPerOwnerAsPosted = BookkeepingMechanism(name: "uref per socket, as posted") {
        PerOwnerURef(asPosted: $0.oopses)
    }
    /// See `PerOwnerURef`.
    static let urefPerOwner = BookkeepingMechanism(name: "uref per owner") { _ in PerOwnerURef(asPosted: nil) }
}
