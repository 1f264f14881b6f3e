/// No management at all (sources.md A7): the token stands for the net_iov's address, every fragment holds a pool reference, and a
/// return drops one, whoever makes it and however often. The fastest of the threads' experiments, and unsafe: a ceiling.
///
/// Where a real kernel would follow a wild pointer the model writes an oops.
final class Unchecked: TokenBookkeeping {
    private let oopses: OopsLog

    init(oopses: OopsLog) { self.oopses = oopses }

    /// A 64-bit pointer needs no binding; a token of 32 bits is the index in one.
    var mostBindings: Int { 1 }

    func knows(_ owner: TokenOwner) -> Bool { true }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        for (position, frag) in frags.enumerated() {
            let niov = frag.niov.unsafelyUnwrapped
            niov.hold()
            tokens[position] = niov.pointee.index
        }
        return frags.count
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        let niovs = owner.niovs
        var released = 0
        for offset in 0..<count where attempts > 0 {
            attempts -= 1
            let token = start &+ offset
            guard let niovs, token < UInt32(niovs.pointee.count) else {
                oopses.record("token \(token) was followed as a pointer that nobody gave out")
                return released
            }
            niovs.pointee[token].drop(inSoftirq: inSoftirq)
            released += 1
        }
        return released
    }
}

extension BookkeepingMechanism {
    /// See `Unchecked`.
    static let unchecked = BookkeepingMechanism(name: "nothing is remembered") { Unchecked(oopses: $0.oopses) }
}
