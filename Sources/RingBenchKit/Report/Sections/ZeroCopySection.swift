/// Where the driver or io_uring writes payload straight into user memory, and what shows that.
struct ZeroCopySection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var section: ReportSection {
        let proof = input.blocks(.proof, "AF_XDP zero copy") {
            [.text(Self.verdict($0)), .table(Self.probes($0, "probes\($1)"))]
        }
        let zcrx = input.blocks(.zcrxProof, "io_uring zcrx") {
            [.text(Self.verdict($0)), .table(Self.zcrx($0, "zcrx\($1)"))]
        }
        let selftest = input.blocks(.zcrxSelftest, "liburing's tests of zcrx") {
            [.table(Self.cases($0, "zcrx-cases\($1)"))]
        }
        return ReportSection(
            id: "zerocopy", title: "Zero copy",
            blocks: [
                .text("AF_XDP zero copy takes a driver that has it: make test-zerocopy boots a guest with one."),
                .heading("AF_XDP"),
            ] + proof + [.heading("io_uring zcrx")] + zcrx + selftest)
    }

    private static func verdict(_ file: ResultFile) -> String {
        let findings = file.section["findings"].elements.map(\.text)
        return findings.isEmpty
            ? "Verdict: \(file.section["verdict"].text), nothing was found that is not as it must be."
            : "Verdict: \(file.section["verdict"].text): \(findings.joined(separator: "; "))."
    }

    private static func probes(_ file: ResultFile, _ id: String) -> ReportTable {
        let probes = [
            ("wanted", "as asked for"), ("copy", "copy mode"), ("control", "copy mode, redirected: the control"),
        ]
        let keys = Set(probes.flatMap { file.section["probes"][$0.0].members.keys }).subtracting(["mode"]).sorted()
        var table = ReportTable(
            id: id,
            caption: """
                Frames written by packets that no program redirected: only a driver that writes into the UMEM leaves any (k)
                """,
            columns: ["figure"] + probes.map(\.1))
        table.rows.append(
            ["mode granted"] + probes.map { ReportCell(file.section["probes"][$0.0]["mode"]["granted"].text) })
        for key in keys {
            table.rows.append(
                [ReportCell(key.replacing("_", with: " "))]
                    + probes.map { probe in
                        let value = file.section["probes"][probe.0][key]
                        return value.number.map { ReportCell($0, 0, evidence: .kernel) } ?? ReportCell(value.text)
                    })
        }
        return table
    }

    private static func zcrx(_ file: ResultFile, _ id: String) -> ReportTable {
        let lines = [
            ("bytes received", "received_bytes"), ("wrong bytes", "wrong_bytes"), ("pieces", "pieces"),
            ("pieces outside the area", "stray_pieces"),
            ("buffers returned through the refill ring", "returned_buffers"),
            ("entries left by the kernel", "entries_left"), ("flushes of a full ring", "flushes_when_full"),
            ("buffers of the area", "area_buffers"), ("buffers that the kernel had at the end", "buffers_at_end"),
        ]
        return ReportTable(
            id: id, caption: "The refill ring with TokenRing's producer and this kernel as the consumer (k)",
            columns: ["figure", "value"],
            rows: [["mode", ReportCell(file.section["mode"].text)]]
                + lines.map { [ReportCell($0.0), ReportCell(file.section[$0.1].number, 0, evidence: .kernel)] })
    }

    private static func cases(_ file: ResultFile, _ id: String) -> ReportTable {
        ReportTable(
            id: id, caption: "liburing's tests of zcrx in our own words (k)", columns: ["case", "outcome", "detail"],
            rows: file.section["cases"].elements.map { cell in
                [
                    ReportCell("\(cell["id"].text) \(cell["name"].text)"), ReportCell(cell["outcome"].text),
                    ReportCell(cell["detail"].text),
                ]
            })
    }
}
