import RingKernelModel
import Testing

@testable import RingBenchKit

/// Sweeps: that each point can be run, and what is written about it.
@Suite("Sweeps")
struct SweepTests {
    @Test("every point is a load that can be run, of proposals that exist", arguments: Sweep.all.map(\.name))
    func points(_ name: String) throws {
        let sweep = try #require(Sweep.named(name))
        for proposal in sweep.proposals { #expect(Composition.named(proposal) != nil, "\(proposal)") }
        for point in sweep.points {
            #expect(point.values.count == sweep.axes.count)
            // What this host has no memory for is left out by the run, with the reason.
            if point.load.memoryBytes < 1 << 30 { try point.load.validate() }
        }
    }

    @Test("a short sweep has a row for each point and a cost for each proposal")
    func short() throws {
        var sweep = try #require(Sweep.named("flows"))
        sweep = Sweep(
            name: sweep.name, axes: sweep.axes, proposals: ["sockopt-uref", "refill-ring"],
            points: Array(sweep.points.prefix(2)))
        var evaluation = SweepEvaluation([sweep], cpus: (nil, nil))
        evaluation.repetitions = 1
        evaluation.mostTokens = 4000
        let report = try evaluation.run(progress: Progress(quiet: true))
        let rows = report.results[0].rows
        #expect(rows.map(\.values) == [[1], [2]])
        for row in rows {
            #expect(row.leftOut == nil)
            for proposal in 0..<2 {
                #expect((row.repetitions(ProposalFigures.totalKey, of: proposal)?.median ?? 0) > 0)
            }
        }
    }

    @Test("a data file has the axes and three columns a proposal, and an empty line between the rows of a grid")
    func plotData() {
        func figure(_ values: [Double]) -> [Figure] {
            [Figure(key: ProposalFigures.totalKey, evidence: .model, repetitions: Repetitions(values))]
        }
        let sweep = Sweep(name: "grid", axes: ["a", "b"], proposals: ["one"], points: [])
        let row = { (values: [Int], cost: [Double]) in
            SweepReport.Row(values: values, proposals: [Composition.all[0]], figures: [figure(cost)])
        }
        let result = SweepReport.Result(
            sweep: sweep,
            rows: [
                row([1, 1], [1, 2, 3]), row([1, 2], [4, 4, 4]),
                SweepReport.Row(values: [1, 3], proposals: [Composition.all[0]], leftOut: "no memory"),
                row([2, 1], [5, 5, 5]),
            ])
        #expect(
            SweepReport.plotData(result)
                == """
                # a b one one_q1 one_q3
                1 1 2.000 1.500 2.500
                1 2 4.000 4.000 4.000

                2 1 5.000 5.000 5.000

                """)
    }

    @Test("the model is put beside this kernel, where the kernel lets it")
    func calibration() throws {
        let calls = try SystemCallCosts.measure(repetitions: 1)
        let rows = try Calibration.measure(calls, TickClock())
        try #require(calls.dontneedSlopeNsPerToken != nil)
        let names = rows.map(\.name)
        #expect(Set(names).isSuperset(of: ["dontneed_1_token", "dontneed_range_1024_frags", CalibrationRow.perToken]))
        for row in rows { #expect(row.modelNanoseconds.isFinite && row.ratio.isFinite, "\(row.name)") }
        // More work takes longer, on either side.
        let tokens = rows.filter { $0.name.hasPrefix("dontneed_") && $0.name.hasSuffix("tokens") }
        #expect(tokens.count == 3)
    }
}
