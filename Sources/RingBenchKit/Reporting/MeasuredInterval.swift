import Synchronization

/// One repetition that was measured, as it is told while a command still runs.
public struct MeasuredInterval: Encodable, Sendable {
    /// What was measured: a proposal, or a ring under a load.
    public let name: String
    /// From 1.
    public let repetition: Int
    /// How many there will be.
    public let repetitions: Int
    /// The figure's key in the result, with its unit.
    public let key: String
    /// The figure of this repetition.
    public let value: Double
    /// What kind of number it is.
    public let evidence: Evidence

    /// The keys `name`, `repetition`, `repetitions`, `key`, `value`, `evidence`.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "name": name, "repetition": repetition, "repetitions": repetitions, "key": key, "value": value,
            "evidence": evidence,
        ])
    }

    /// A line for people.
    var text: String {
        "\(name), repetition \(repetition) of \(repetitions): \(key) \(value.text(2)) \(evidence.letters)"
    }
}

/// What was measured so far, as one line: the median of each name, in the order in which they came.
final class LiveFigures: Sendable {
    private let measured = Mutex<[(name: String, key: String, values: [Double])]>([])

    func add(_ interval: MeasuredInterval) {
        measured.withLock { all in
            if let position = all.firstIndex(where: { $0.name == interval.name && $0.key == interval.key }) {
                all[position].values.append(interval.value)
            } else {
                all.append((interval.name, interval.key, [interval.value]))
            }
        }
    }

    var text: String {
        measured.withLock { all in
            guard let last = all.last else { return "" }
            let figures = all.filter { $0.key == last.key }.map {
                "\($0.name) \(Repetitions($0.values).median.text(1))"
            }
            return "\(last.key): \(figures.joined(separator: "  "))"
        }
    }
}
