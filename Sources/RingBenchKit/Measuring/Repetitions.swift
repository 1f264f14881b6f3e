/// One figure measured several times: the raw values, their median and their spread.
public struct Repetitions: Encodable, Sendable {
    /// As measured, in order.
    public let values: [Double]

    /// The repetitions of one figure.
    public init(_ values: [Double]) { self.values = values }

    /// Middle value; NaN without values.
    public var median: Double { quantile(0.5) }
    /// Smallest value.
    public var least: Double { values.min() ?? .nan }
    /// Largest value.
    public var most: Double { values.max() ?? .nan }
    /// Distance between the quartiles as a part of the median.
    public var spread: Double { values.isEmpty ? .nan : (quantile(0.75) - quantile(0.25)) / median }

    /// The value below which `part` of the values lie, interpolated.
    public func quantile(_ part: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let position = part * Double(sorted.count - 1)
        let below = sorted[Int(position)]
        let above = sorted[min(Int(position) + 1, sorted.count - 1)]
        return below + (above - below) * (position - position.rounded(.down))
    }

    /// Just the raw values.
    public func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
}
