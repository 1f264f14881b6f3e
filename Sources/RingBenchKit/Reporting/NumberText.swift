extension Double {
    /// With so many digits behind the point, rounded; for tables. No Foundation.
    public func text(_ digits: Int) -> String {
        guard isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = (abs(self) * scale).rounded()
        guard scaled < 9e15 else { return "\(self)" }
        let whole = Int(scaled) / Int(scale)
        let sign = self < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(whole)" }
        let fraction = String(Int(scaled) % Int(scale))
        return "\(sign)\(whole).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }

    /// A part of 1 as a whole percentage; for tables.
    var percent: String { isFinite ? "\((self * 100).text(0)) %" : "-" }
}
