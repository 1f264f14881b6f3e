import CTokenRing
import TokenRing

/// Times call groups: in every round each figure of each group gets its turn, forwards and backwards in alternation, so
/// that noise and drift hit all alike.
struct CallTimer {
    let kinds: [any CallGroup.Type]
    /// Rounds per repetition, whose median is the repetition's value. One more before them warms up.
    let rounds: Int
    /// What two readings of the clock cost; taken off every round.
    let clockOverheadNs: Int64

    /// Of each figure, repetition by repetition, its rounds.
    private(set) var values: [[[Double]]]
    private(set) var refusals: [SystemCallError?]
    private let slots: [(group: Int, figure: Int)]

    init(_ kinds: [any CallGroup.Type], rounds: Int) {
        self.kinds = kinds
        self.rounds = rounds
        slots = kinds.enumerated().flatMap { group, kind in kind.figures.indices.map { (group, $0) } }
        values = Array(repeating: [], count: slots.count)
        refusals = Array(repeating: nil, count: slots.count)
        clockOverheadNs = (0..<200).map { _ in -(ctr_monotonic_ns() - ctr_monotonic_ns()) }.min() ?? 0
    }

    /// Every figure's cost so far.
    var costs: [CallCost] {
        slots.indices.map { CallCost(figure(at: $0), rounds: values[$0], refusal: refusals[$0]) }
    }

    /// One repetition: opens every group, warms up, and adds its rounds to each figure that the kernel does not refuse.
    mutating func repetition() {
        let groups = kinds.map { kind in Result { () throws(SystemCallError) in try kind.init() as any CallGroup } }
        var samples: [[Double]] = Array(repeating: [], count: slots.count)
        for round in 0...rounds {
            let order = round.isMultiple(of: 2) ? Array(slots.indices) : slots.indices.reversed()
            for slot in order where refusals[slot] == nil {
                do {
                    let group = try groups[slots[slot].group].get()
                    let nanoseconds = try time(group, slot)
                    if round > 0 { samples[slot].append(nanoseconds) }
                } catch {
                    refusals[slot] = error
                }
            }
        }
        for slot in slots.indices where refusals[slot] == nil { values[slot].append(samples[slot]) }
    }

    private func time(_ group: any CallGroup, _ slot: Int) throws(SystemCallError) -> Double {
        let calls = figure(at: slot).callsPerRound
        let figure = slots[slot].figure
        // The first calls after the other figures' turns find cold caches: they are made, and not timed.
        let warmingUp = max(1, calls / 8)
        try group.prepare(figure, calls: warmingUp + calls)
        try group.run(figure, calls: warmingUp)
        let start = ctr_monotonic_ns()
        try group.run(figure, calls: calls)
        let end = ctr_monotonic_ns()
        return Double(end - start - clockOverheadNs) / Double(calls)
    }

    private func figure(at slot: Int) -> CallFigure { kinds[slots[slot].group].figures[slots[slot].figure] }
}
