import TokenRingXDP

extension HostProbe {
    /// The probe for people: facts, interfaces, and what runs here.
    public var text: String {
        [facts, interfaceTable, workloadTable].joined(separator: "\n\n")
    }

    private var facts: String {
        var lines: [(String, String)] = [
            ("host", environment.summary),
            ("CPUs", processorText),
            ("capabilities", "present: \(listed(privileges.present)); absent: \(listed(privileges.absent))"),
            ("RLIMIT_MEMLOCK", memlockText),
            (
                "huge pages",
                listed(hugePages.map { "\($0.free) of \($0.configured) free of \($0.pageBytes >> 10) KiB" })
            ),
        ]
        for library in libraries {
            let file = library.file.value ?? library.file.reason ?? ""
            lines.append((library.name, "\(library.version.value ?? "version unknown") (\(file))"))
        }
        for trial in kernel.trials { lines.append((trial.name, trial.works ? "yes" : "no: \(trial.reason ?? "")")) }
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count) + "  " + value
        }.joined(separator: "\n")
    }

    private var processorText: String {
        processors.cpus.map { cpu in
            var notes: [String] = cpu.allowed ? [] : ["not allowed"]
            let siblings = cpu.siblings.filter { $0 != cpu.number }
            if !siblings.isEmpty { notes.append("same core as \(listed(siblings.map(String.init)))") }
            let neighbours = cpu.sharesL3With.filter { $0 != cpu.number }
            if !neighbours.isEmpty { notes.append("shares L3 with \(listed(neighbours.map(String.init)))") }
            return "\(cpu.number)" + (notes.isEmpty ? "" : " (\(listed(notes)))")
        }.joined(separator: ", ")
    }

    private var memlockText: String {
        guard let bytes = privileges.memlockBytes else { return "unlimited" }
        let binds = privileges.absent.contains(Capability.ipcLock.name)
        return "\(bytes) bytes" + (binds ? "" : ", not binding with CAP_IPC_LOCK")
    }

    private var interfaceTable: String {
        if let interfacesUnknown { return "interfaces unknown: \(interfacesUnknown)" }
        var table = TextTable(["interface", "driver", "xdp features", "zc max segs"])
        for interface in interfaces {
            let capabilities = interface.capabilities
            table.add([
                capabilities.name, capabilities.driver.value ?? "unknown",
                interface.features.value.map(listed) ?? "unknown",
                capabilities.zeroCopyMaxSegments.value.map { "\($0)" } ?? "-",
            ])
        }
        let reasons = Set(interfaces.compactMap(\.features.reason)).sorted()
        return ([table.text] + reasons.map { "xdp features unknown: \($0)" }).joined(separator: "\n")
    }

    private var workloadTable: String {
        let width = workloads.map(\.command.count).max() ?? 0
        let lines = workloads.map { workload in
            let padding = String(repeating: " ", count: width - workload.command.count)
            let line =
                "\(workload.command)\(padding)  \(workload.runs ? "yes" : "no ")  \(workload.remarks.joined(separator: " "))"
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
        return "what runs here\n" + lines.joined(separator: "\n")
    }

    private func listed(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
}
