/// What happened in one execution, a line a step.
final class Trace {
    private(set) var lines: [String] = []
    private let names: [String]
    private let width: Int

    init(threads names: [String]) {
        self.names = names
        width = names.map(\.count).max() ?? 0
    }

    func add(_ thread: Int, _ what: String, _ details: String) {
        let name = names[thread].padding(to: width)
        let number = "\(lines.count + 1)".padding(to: 3)
        lines.append("\(number) \(name)  \(what.padding(to: 11))  \(details)".trimmingEnd())
    }

    /// A value as it is read best: indices near the wrap as distances from it.
    static func number(_ value: UInt32) -> String {
        value > .max - 16 ? "2^32-\(UInt64(1) << 32 - UInt64(value))" : "\(value)"
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    fileprivate func trimmingEnd() -> String {
        var text = Substring(self)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
