@testable import RingKernelModel

/// The bookkeeping of the proposal with a defect in it, for whoever is to notice.
final class BrokenBookkeeping: TokenBookkeeping {
    /// What it does wrong.
    enum Fault: CaseIterable, Sendable {
        /// A return takes one reference more than it drops.
        case losesBuffers
        /// A return drops one reference too many.
        case freesTwice
        /// A token has no reference behind it.
        case recyclesUnderReader
        /// A refusal is not counted.
        case countsNothing
        /// A return that nobody holds is counted as good.
        case acceptsStrays
        /// A token names the next buffer.
        case misnames
    }

    private let fault: Fault
    /// The buffer that it does wrong to; nil for all.
    private let victim: NetIOVIndex?
    private let sound = PerBindingURef(.ifPositive)

    init(_ fault: Fault, on victim: NetIOVIndex?) {
        self.fault = fault
        self.victim = victim
    }

    var mostBindings: Int { 1 }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        let issued = sound.issue(frags, of: waiting, to: owner, tokens: tokens)
        for position in 0..<issued where victim == nil || tokens[position] == victim {
            if fault == .misnames { tokens[position] += 1 }
            if fault == .recyclesUnderReader, let niov = frags[position].niov,
                niov.pointee.userReferences.load(ordering: .relaxed) == 1
            {
                niov.drop(inSoftirq: false)
            }
        }
        return issued
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        guard victim == nil || start == victim, count == 1, let niovs = owner.binding?.niovs,
            start < UInt32(niovs.count)
        else {
            return sound.release(start: start, count: count, from: owner, attempts: &attempts, inSoftirq: inSoftirq)
        }
        let niov = niovs[start]
        let isHeld = niov.pointee.userReferences.load(ordering: .relaxed) > 0
        switch fault {
        case .countsNothing where !isHeld: return 0
        case .acceptsStrays where !isHeld: return 1
        case .losesBuffers where isHeld: niov.hold()
        default: break
        }
        let released = sound.release(
            start: start, count: count, from: owner, attempts: &attempts, inSoftirq: inSoftirq)
        if fault == .freesTwice, released > 0 { niov.drop(inSoftirq: inSoftirq) }
        return released
    }
}
