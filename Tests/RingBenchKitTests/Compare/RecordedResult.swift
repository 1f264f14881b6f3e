import Foundation

/// A result as a command prints it, with figures of the test's choice.
struct RecordedResult {
    var schema = "ringbench/1"
    var environment: [String: String] = ["kernel_release": "6.18", "cpu_model": "some"]
    var batch = 64
    /// Nanoseconds per entry, a value a repetition.
    var values: [Double]
    /// Per second.
    var rates: [Double] = []

    var text: String {
        let document: [String: Any] = [
            "schema": schema, "command": "ring", "options": ["entries": "1000"], "environment": environment,
            "interrupted": false,
            "ring": [
                [
                    "implementation": "TokenRing", "batch": batch, "entry_bytes": 8,
                    "ns_per_entry": values.first ?? 0, "repetitions_ns_per_entry": values,
                ]
            ],
            "proposals": rates.isEmpty ? [] : [["name": "mapped-ring", "repetitions": ["tokens_per_s": rates]]],
        ]
        let data = try? JSONSerialization.data(withJSONObject: document, options: .sortedKeys)
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    /// Written to a file of its own.
    func write() throws -> String {
        let path = "/tmp/ringbench-result-\(UUID().uuidString).json"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    /// Runs of one thing on a machine with some noise: a few percent, and now and then a run that was disturbed.
    static let quiet = [
        1.02, 0.99, 1.00, 1.01, 0.98, 1.00, 1.03, 0.99, 1.01, 1.00, 1.40, 1.00, 0.99, 1.02, 1.00, 0.98, 1.01, 1.00,
        0.99, 1.01,
    ]
}
