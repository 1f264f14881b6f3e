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

    private let decrement: Decrement

    init(_ decrement: Decrement) { self.decrement = decrement }

    /// The token does not say of which binding it is.
    var mostBindings: Int { 1 }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        for (position, frag) in frags.enumerated() {
            let niov = frag.niov.unsafelyUnwrapped
            take(niov)
            tokens[position] = niov.pointee.index
        }
        return frags.count
    }

    func issue(_ packets: DriverPackets, to owner: TokenOwner, into ring: DeliveryWriter) -> Int {
        ring.write(packets) { packet in
            let niov = packets.niov(packet)
            switch decrement {
            case .asPosted:
                take(niov)
                niov.drop(inSoftirq: true)
            case .ifPositive: packet.passReference(to: niov.pointee.userReferences)
            }
            return packet.niovIndex
        }
    }

    @inline(__always)
    private func take(_ niov: NetIOVPointer) {
        switch decrement {
        // As posted: a stray return between the two would drop a reference that is not there yet.
        case .asPosted:
            if niov.pointee.userReferences.wrappingAdd(1, ordering: .relaxed).newValue == 1 { niov.hold() }
        case .ifPositive: niov.takeUserReference()
        }
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        guard let niovs = owner.niovs else { return 0 }
        return walk(start: start, count: count, limit: niovs.pointee.count, owner: owner, attempts: &attempts) {
            releaseOne(niovs.pointee[$0], owner, inSoftirq)
        }
    }

    @inline(__always)
    private func releaseOne(_ niov: NetIOVPointer, _ owner: TokenOwner, _ inSoftirq: Bool) -> Int {
        switch decrement {
        case .asPosted:
            if niov.pointee.userReferences.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                niov.drop(inSoftirq: inSoftirq)
            }
            return 1
        case .ifPositive:
            return niov.putUserReference(of: owner, inSoftirq: inSoftirq)
        }
    }
}

extension BookkeepingMechanism {
    /// See `PerBindingURef`, as posted in v10.
    static let urefAsPosted = BookkeepingMechanism(name: "uref per binding, as posted") { _ in
        PerBindingURef(.asPosted)
    }
    /// See `PerBindingURef`, decrement if positive.
    static let uref = BookkeepingMechanism(name: "uref per binding") { _ in PerBindingURef(.ifPositive) }
}
