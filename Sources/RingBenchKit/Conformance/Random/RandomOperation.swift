/// One step of an episode: what is done, and numbers from which the step picks among what there is then. So a step means
/// something whichever steps before it are left out, and a failing episode can be made smaller.
struct RandomOperation {
    /// What is done.
    enum Kind: CaseIterable {
        case arrive, receive, takeFromRing, giveBack, giveBackBadly, flush, kick, bind, unbind, openSocket, closeSocket
        case openRingSet, closeRingSet

        /// How often, of some 400: what makes or ends an object is rare, so that there is something on it.
        var weight: Int {
            switch self {
            case .arrive: 112
            case .receive: 80
            case .takeFromRing: 28
            case .giveBack: 96
            case .giveBackBadly: 40
            case .flush: 12
            case .kick: 8
            case .bind, .unbind: 2
            case .openSocket, .closeSocket: 4
            case .openRingSet, .closeRingSet: 3
            }
        }

        /// Each kind as often as it weighs.
        static let weighted = allCases.flatMap { Array(repeating: $0, count: $0.weight) }
    }

    let kind: Kind
    let first: UInt32
    let second: UInt32
    let third: UInt32

    init(using random: inout SeededGenerator) {
        let bits = random.next()
        let more = random.next()
        kind = Kind.weighted[Int(bits >> 40) % Kind.weighted.count]
        first = UInt32(truncatingIfNeeded: bits)
        second = UInt32(truncatingIfNeeded: more)
        third = UInt32(truncatingIfNeeded: more >> 32)
    }
}
