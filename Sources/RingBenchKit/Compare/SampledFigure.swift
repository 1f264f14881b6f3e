/// A figure of a result with each repetition's value.
struct SampledFigure: Sendable, Equatable {
    /// Where it is in the result, such as `proposals/mapped-ring/cpu_ns_per_token`.
    let name: String
    /// Which way is better.
    let better: Better
    let values: [Double]

    /// Which way a figure improves, and what its changes are called.
    enum Better: String, Sendable, Encodable {
        case lower, higher

        /// By the unit in the figure's key; nil for what is no cost and no gain, such as a rate that was asked for.
        init?(key: String) {
            if key.hasSuffix("_ci95")
                || ["reference_ns_per_token", "saved_ns_per_token", "offered_tokens_per_s", "syscalls_per_s"]
                    .contains(key)
            {
                return nil
            }
            // Rates first: `tokens_per_s` has `ns_per_` in it.
            if key.hasSuffix("_per_s") || key == "worker_idle_percent" {
                self = .higher
            } else if key.contains("ns_per_") || key.contains("instructions_per_")
                || ["syscalls_per_1000_tokens", "copied_bytes_per_token"].contains(key)
            {
                self = .lower
            } else {
                return nil
            }
        }
    }
}

/// Finds the figures of a result with their repetitions, whichever command wrote it.
///
/// A command keeps them in one of four ways: `repetitions`, an object with a list a figure; `repetitions_KEY`, the list of the figure
/// `KEY`; a figure that is an object with its list in `values_ns` or, of a ratio, in `values`; a figure that is the list itself.
struct ResultFigures {
    private(set) var all: [SampledFigure] = []

    /// What tells the elements of a list apart; and what a sweep says that it grew.
    private static let identities = [
        "name", "implementation", "receiver", "source", "lines", "entry_bytes", "packet_bytes", "batch", "batch_size",
        "capacity",
    ]

    /// Those of a whole document.
    init(_ document: JSONValue) { walk(document, at: [], axes: []) }

    private mutating func walk(_ value: JSONValue, at path: [String], axes: [String]) {
        switch value {
        case .object(let members):
            let axes = axes + value["axes"].elements.compactMap(\.string)
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                if key == "repetitions", case .object(let figures) = member {
                    for (figure, values) in figures.sorted(by: { $0.key < $1.key }) { add(figure, values, at: path) }
                } else if key.hasPrefix("repetitions_") {
                    add(String(key.dropFirst("repetitions_".count)), member, at: path)
                } else if !member["values_ns"].isNull {
                    add(key, member["values_ns"], at: path)
                } else if !member["values"].numbers.isEmpty {
                    add(key, member["values"], at: path)
                } else if !member.numbers.isEmpty {
                    add(key, member, at: path)
                } else {
                    walk(member, at: path + [key], axes: axes)
                }
            }
        case .array(let elements):
            for element in elements { walk(element, at: path + [Self.identity(of: element, axes)], axes: axes) }
        default: break
        }
    }

    private mutating func add(_ key: String, _ list: JSONValue, at path: [String]) {
        let values = list.numbers
        guard let better = SampledFigure.Better(key: key), !values.isEmpty else { return }
        let place = (path + [key]).filter { !$0.isEmpty }.joined(separator: "/")
        all.append(SampledFigure(name: place, better: better, values: values))
    }

    private static func identity(of element: JSONValue, _ axes: [String]) -> String {
        (identities + axes).compactMap { key in
            switch element[key] {
            case .string(let text): text
            case .number: "\(key) \(element[key].text)"
            default: nil
            }
        }.joined(separator: " ")
    }
}
