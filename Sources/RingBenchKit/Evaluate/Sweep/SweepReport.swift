import FoundationEssentials
import RingKernelModel
import SystemPackage

/// What sweeps found: at every point, each proposal's cost of a token.
public struct SweepReport: Encodable, Sendable {
    let results: [Result]
    let systemCalls: SystemCallCosts
    let conditions: MeasuringConditions

    /// One sweep.
    struct Result: Sendable {
        let sweep: Sweep
        let rows: [Row]
    }

    /// One point.
    struct Row: Sendable {
        /// One value for each axis.
        let values: [Int]
        let proposals: [Composition]
        /// Of each proposal; empty where the point was left out.
        var figures: [[Figure]] = []
        /// Why it was left out.
        var leftOut: String?

        /// A figure of a proposal.
        func repetitions(_ key: String, of proposal: Int) -> Repetitions? {
            guard figures.indices.contains(proposal) else { return nil }
            return figures[proposal].first { $0.key == key }?.repetitions
        }
    }

    private static let keys = [
        ProposalFigures.totalKey, ProposalFigures.receiveKey, ProposalFigures.returnKey, ProposalFigures.issueKey,
        ProposalFigures.releaseKey, ProposalFigures.callsKey, ProposalFigures.rateKey,
    ]

    // MARK: text

    /// A table for each sweep.
    public var text: String { (results.map(Self.table) + [systemCalls.text]).joined(separator: "\n\n") }

    private static func table(_ result: Result) -> String {
        var table = TextTable(result.sweep.axes + result.sweep.proposals)
        for row in result.rows {
            let cells = row.proposals.indices.map { proposal in
                guard let cost = row.repetitions(ProposalFigures.totalKey, of: proposal) else { return "-" }
                return "\(cost.median.text(1)) +-\(cost.spread.percent)"
            }
            table.add(row.values.map(String.init) + cells)
        }
        let leftOut = result.rows.compactMap { row in row.leftOut.map { "\(row.values) was left out: \($0)" } }
        return
            ([
                "sweep \(result.sweep.name): CPU ns per token, median, and the distance between the quartiles over it",
                table.text,
            ] + leftOut).joined(separator: "\n")
    }

    // MARK: plot

    /// Writes one file a sweep into `folder`, which is made if it is not there: the axes, and for each proposal median, lower and
    /// upper quartile of its CPU nanoseconds per token; gnuplot takes it as it is.
    ///
    /// - Throws: `Failure` naming the file that cannot be written.
    public func plot(into folder: String) throws(Failure) {
        for result in results {
            let path = "\(folder)/\(result.sweep.name).dat"
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                let file = try FileDescriptor.open(
                    FilePath(path), .writeOnly, options: [.create, .truncate],
                    permissions: [.ownerReadWrite, .groupRead, .otherRead])
                try file.closeAfter { _ = try file.writeAll(Array(Self.plotData(result).utf8)) }
            } catch {
                throw Failure(.systemCall, "cannot write \(path): \(error); choose another --plot folder")
            }
        }
    }

    /// Lines of numbers; an empty line where the first of two axes steps on, as `splot` wants it.
    static func plotData(_ result: Result) -> String {
        let columns = result.sweep.proposals.map { "\($0) \($0)_q1 \($0)_q3" }
        var lines = ["# \((result.sweep.axes + columns).joined(separator: " "))"]
        var block: Int?
        for row in result.rows where row.leftOut == nil {
            if row.values.count > 1, let block, block != row.values[0] { lines.append("") }
            block = row.values.first
            let cells = row.proposals.indices.map { proposal in
                guard let cost = row.repetitions(ProposalFigures.totalKey, of: proposal) else { return "- - -" }
                return "\(cost.median.text(3)) \(cost.quantile(0.25).text(3)) \(cost.quantile(0.75).text(3))"
            }
            lines.append((row.values.map(String.init) + cells).joined(separator: " "))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: JSON

    /// `sweeps`: for each its axes and points; a point has its values by axis, and for each proposal medians and spreads by key.
    public func encode(to encoder: any Encoder) throws {
        var section = encoder.container(keyedBy: TextKey.self)
        var sweeps = section.nestedUnkeyedContainer(forKey: "sweeps")
        for result in results {
            var one = sweeps.nestedContainer(keyedBy: TextKey.self)
            try one.encode(result.sweep.name, forKey: "name")
            try one.encode(result.sweep.axes, forKey: "axes")
            var points = one.nestedUnkeyedContainer(forKey: "points")
            for row in result.rows {
                var point = points.nestedContainer(keyedBy: TextKey.self)
                for (axis, value) in zip(result.sweep.axes, row.values) {
                    try point.encode(value, forKey: TextKey(axis))
                }
                try point.encodeIfPresent(row.leftOut, forKey: "left_out")
                var proposals = point.nestedUnkeyedContainer(forKey: "proposals")
                for index in row.figures.indices {
                    var proposal = proposals.nestedContainer(keyedBy: TextKey.self)
                    try proposal.encode(row.proposals[index].name, forKey: "name")
                    try Self.encode(row.figures[index], into: &proposal)
                }
            }
        }
        try section.encode(conditions, forKey: "conditions")
        try section.encode(systemCalls, forKey: "system_calls")
    }

    private static func encode(_ figures: [Figure], into row: inout KeyedEncodingContainer<TextKey>) throws {
        let chosen = figures.filter { keys.contains($0.key) }
        for figure in chosen { try row.encode(figure.repetitions.median, forKey: TextKey(figure.key)) }
        let spreads = chosen.map { ($0.key, $0.repetitions.spread.isFinite ? $0.repetitions.spread : 0) }
        try row.encode(Dictionary(uniqueKeysWithValues: spreads), forKey: "spread")
        try row.encode(
            Dictionary(uniqueKeysWithValues: chosen.map { ($0.key, $0.evidence) }), forKey: "evidence")
        try row.encode(
            Dictionary(uniqueKeysWithValues: chosen.map { ($0.key, $0.repetitions) }), forKey: "repetitions")
    }
}
