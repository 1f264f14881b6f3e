/// One system-call path as the model has it beside the same path of this kernel, in the same run.
struct CalibrationRow: Encodable, Sendable {
    /// The row that says what the model's xarray is off by for each token.
    static let perToken = "dontneed_per_token"

    /// Snake case.
    let name: String
    /// This kernel's, in nanoseconds, without entering and leaving the kernel.
    let kernelNanoseconds: Double
    /// The model's.
    let modelNanoseconds: Double
    /// What both contain.
    let contains: String

    /// The model's as a multiple of the kernel's.
    var ratio: Double { kernelNanoseconds > 0 ? modelNanoseconds / kernelNanoseconds : 0 }

    /// How much of the difference the figures make good by taking it from the live call instead.
    let correction: Correction

    /// What the figures take from the live call.
    enum Correction: Sendable {
        /// Nothing: what the model is off by, the comparison is off by.
        case none
        /// The fixed part of the call; not what it does for each token.
        case fixedPart
        /// All of it.
        case whole
    }

    /// By how much the model is off, and which way that leads the comparison astray.
    var bias: String {
        let difference = modelNanoseconds - kernelNanoseconds
        let off = "the model is \(difference < 0 ? "cheaper" : "dearer") by \(abs(difference).text(1)) ns"
        let look = difference < 0 ? "better" : "worse"
        return switch correction {
        case .none: "\(off): what keeps tokens in an xarray looks \(look) than it is by that for each token"
        case .fixedPart:
            "\(off); the figures have the call's fixed part live, the rest makes an xarray look \(look) than it is"
        case .whole: "\(off); the figures have it live, so the comparison is not led astray"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case name, ratio, contains, bias
        case kernelNanoseconds = "kernel_ns"
        case modelNanoseconds = "model_ns"
    }

    func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: CodingKeys.self)
        try row.encode(name, forKey: .name)
        try row.encode(kernelNanoseconds, forKey: .kernelNanoseconds)
        try row.encode(modelNanoseconds, forKey: .modelNanoseconds)
        try row.encode(ratio, forKey: .ratio)
        try row.encode(contains, forKey: .contains)
        try row.encode(bias, forKey: .bias)
    }

    /// A table for people; empty without rows.
    static func text(_ rows: [CalibrationRow]) -> String {
        guard !rows.isEmpty else { return "" }
        var table = TextTable(["the model against this kernel", "kernel ns", "model ns", "ratio"])
        for row in rows {
            table.add([
                row.name, row.kernelNanoseconds.text(1), row.modelNanoseconds.text(1), row.ratio.text(2),
            ])
        }
        return table.text + "\n" + rows.map { "\($0.name): \($0.bias)" }.joined(separator: "\n")
    }
}
