/// What was compared, and where.
struct MachineSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    /// What differs from one command to the next on one machine.
    private static let ofTheRun = ["arguments", "load_average", "started_unix_s"]

    private static let words = [
        "kernel_release": "kernel", "machine": "architecture", "kernel_command_line": "kernel command line",
        "cpu_model": "CPU", "cpu_identity": "CPU identity", "cpus": "CPUs allowed", "hypervisor": "virtual machine",
        "clock_source": "clock source",
        "load_average": "load averages at the start",
    ]

    /// Where, in one line.
    var summary: String {
        guard let file = input.files.first else { return "" }
        let machine = file.root["environment"]
        let cpus = machine["cpus"].elements.count
        return """
            Linux \(machine["kernel_release"].text) \(machine["machine"].text), \(machine["cpu_model"].text), \(cpus) CPU\
            \(cpus == 1 ? "" : "s")\(machine["hypervisor"].text == "yes" ? ", virtual machine" : ""); \(file.started.prefix(10))
            """
    }

    var section: ReportSection {
        ReportSection(
            id: "machine", title: "What was run, and on what machine",
            blocks: [.text(Self.kinds), .table(runs)] + machines)
    }

    private static let kinds = """
        k: this kernel did it. m: the model kernel did it, or user space alone. km: a sum of both. No dmabuf can be bound without a \
        NIC that supports it, so that today's calls are measured live around a model of their bookkeeping. design/measuring.md says \
        of each figure what it contains and what it leaves out.
        """

    private var runs: ReportTable {
        var table = ReportTable(
            id: "runs", caption: "Results in this report",
            columns: ["file", "command", "started", "load averages then", "whole"])
        for file in input.files {
            table.rows.append([
                ReportCell(file.name), ReportCell(file.root["command"].text), ReportCell(file.started),
                ReportCell(file.root["environment"]["load_average"].text),
                file.root["interrupted"].text == "yes" ? "interrupted" : "yes",
            ])
        }
        return table
    }

    /// One table; a column for each machine, or state of a machine, that differs.
    private var machines: [ReportBlock] {
        var columns: [(name: String, values: [String: String])] = []
        for file in input.files {
            let values = Self.flat(file.root["environment"])
            if !columns.contains(where: { $0.values == values }) { columns.append((file.name, values)) }
        }
        let keys = Set(columns.flatMap(\.values.keys)).sorted()
        var table = ReportTable(
            id: "machine", caption: columns.count == 1 ? "The machine" : "The machine, as each differing run found it",
            columns: ["property"] + (columns.count == 1 ? ["value"] : columns.map(\.name)))
        for key in keys {
            table.rows.append([ReportCell(Self.words[key] ?? key)] + columns.map { ReportCell($0.values[key] ?? "-") })
        }
        let notice: [ReportBlock] =
            columns.count == 1
            ? [] : [.text("These results are of differing environments: compare figures across them with care.")]
        return notice + [.aside("\(table.caption): \(keys.count) properties", [.table(table)])]
    }

    /// One line a value; what is nested under a key gets the key in front.
    private static func flat(_ environment: JSONValue, under prefix: String = "") -> [String: String] {
        var values: [String: String] = [:]
        for (key, member) in environment.members where !ofTheRun.contains(key) {
            let (name, value) = (prefix.isEmpty ? key : "\(prefix) \(key)", member.answer)
            if value.members.isEmpty {
                values[name] = value.text
            } else {
                values.merge(flat(value, under: name)) { $1 }
            }
        }
        return values
    }
}

extension JSONValue {
    /// What a `Finding` holds, without what it is wrapped in; anything else as it is.
    fileprivate var answer: JSONValue {
        guard members.count == 1 else { return self }
        if let reason = self["unknown"].string { return .string("unknown: \(reason)") }
        return self["value"].isNull ? self : self["value"]
    }
}
