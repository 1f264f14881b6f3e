/// One system-call path as the model has it beside the same path of this kernel, in the same run.
struct CalibrationRow: Encodable, Sendable {
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

    /// Which way the comparison is led astray.
    var bias: String {
        let difference = modelNanoseconds - kernelNanoseconds
        guard abs(difference) > 0.1 * kernelNanoseconds else { return "none to speak of" }
        let amount = "\(abs(difference).text(abs(difference) < 100 ? 1 : 0)) ns"
        return difference < 0
            ? "the model is cheaper by \(amount): proposals that make this call look better than they are"
            : "the model is dearer by \(amount): proposals that make this call look worse than they are"
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
