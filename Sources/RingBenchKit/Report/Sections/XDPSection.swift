/// What a real AF_XDP socket did.
struct XDPSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var section: ReportSection {
        let packets =
            input.blocks(.demo, "packets through an AF_XDP socket") { file, suffix in
                [
                    .table(
                        Self.table(
                            file.section, Self.demo, "demo\(suffix)", "Numbered packets, every byte checked (k)"))
                ]
            }
            + optional(.receive) { file, suffix in
                [.table(Self.table(file.section, Self.receive, "rx\(suffix)", "Packets of others, received (k)"))]
            }
        let comparison = input.blocks(.compare, "the same receiver in C with libxdp") { file, suffix in
            [.table(Self.comparison(file, "compare\(suffix)"))]
        }
        let tokens = input.blocks(.tokens, "packets that go to processes as tokens") { file, suffix in
            [
                .table(
                    Self.table(file.section, Self.tokens, "tokens\(suffix)", "Real packets to processes as tokens (km)")
                ),
                .table(Self.consumers(file, "consumers\(suffix)")),
            ]
        }
        return ReportSection(
            id: "afxdp", title: "AF_XDP on this kernel",
            blocks: [.heading("Packets")] + packets + [.heading("Beside libxdp in C")] + comparison
                + [.heading("Packets as tokens")] + tokens + [.heading("The kernel\u{2019}s own selftests")] + selftests
        )
    }

    /// Nothing is missed where there is no such result.
    private func optional(
        _ kind: ResultKind, _ make: (ResultFile, String) -> [ReportBlock]
    ) -> [ReportBlock] {
        input.of(kind).isEmpty ? [] : input.blocks(kind, "", make)
    }

    private typealias Line = (words: String, read: @Sendable (JSONValue) -> ReportCell)

    private static func count(_ words: String, _ key: String) -> Line {
        (words, { ReportCell($0[key].number, 0, evidence: Evidence(rawValue: $0["evidence"].text)) })
    }

    private static func figure(_ words: String, _ key: String, _ digits: Int, scale: Double = 1) -> Line {
        (
            words,
            { ReportCell($0[key].number.map { $0 * scale }, digits, evidence: Evidence(rawValue: $0["evidence"].text)) }
        )
    }

    private static func word(_ words: String, _ read: @escaping @Sendable (JSONValue) -> String) -> Line {
        (words, { ReportCell(read($0)) })
    }

    private static func mode(_ words: String, _ key: String) -> Line {
        word(words) {
            "\($0[key]["granted"].text) (asked for: \($0[key]["requested"].text)): \($0[key]["reason"].text)"
        }
    }

    private static let modes: [Line] = [mode("mode granted", "mode"), mode("attached", "attach_mode")]

    private static let demo: [Line] =
        [
            word("source", { $0["source"].text }), count("packets sent", "frames_sent"),
            count("received", "frames_received"), count("changed", "frames_corrupt"), count("lost", "frames_lost"),
            word("lost, by counter", { $0["losses"].text }), count("frames returned through FILL", "frames_returned"),
            figure("M packets/s", "frames_per_s", 3, scale: 1e-6),
            figure("receiver, ns CPU a packet", "cpu_ns_per_frame", 1), word("waiting", { $0["wait"].text }),
            word("UMEM at the end, frames", { $0["umem"].text }),
        ] + modes

    private static let receive: [Line] =
        [
            count("received", "frames_received"), count("lost", "frames_lost"),
            figure("M packets/s", "frames_per_s", 3, scale: 1e-6), figure("seconds", "duration_s", 1),
            figure("receiver, ns CPU a packet", "cpu_ns_per_frame", 1), batches,
            word("system calls", { $0["calls"].text }),
        ] + modes

    private static let tokens: [Line] =
        [
            count("packets received", "frames_received"),
            count("read at the driver's address", "frames_checked_by_address"),
            count("payloads copied on the way", "payload_copies"), count("lost at the socket", "frames_lost"),
            word("UMEM whole at the end", { $0["umem_whole"].text }),
            figure("M packets/s", "frames_per_s", 3, scale: 1e-6),
            figure("RX to FILL, ns a packet", "receive_ns_per_frame", 1),
            figure("receiver, ns CPU a packet", "cpu_ns_per_frame", 1), batches,
            word("clean-up", { $0["clean_up"].text }),
        ] + modes

    private static let batches = word("packets a batch") { row in
        let sizes = row["batches"]
        guard !sizes.isNull else { return "-" }
        let places = [("half", "p50"), ("90 %", "p90"), ("99 %", "p99"), ("all", "max")]
        return places.map { "\($0.0) \(sizes[$0.1].text)" }.joined(separator: ", ")
    }

    private static func table(_ row: JSONValue, _ lines: [Line], _ id: String, _ caption: String) -> ReportTable {
        ReportTable(
            id: id, caption: caption, columns: ["figure", "value"],
            rows: lines.map { [ReportCell($0.words), $0.read(row)] })
    }

    private static func comparison(_ file: ResultFile, _ id: String) -> ReportTable {
        var table = ReportTable(
            id: id,
            caption: """
                Receivers that took turns; the receiving core's ns a packet from RX to FILL, medians with quartiles. Ratio and difference \
                repetition by repetition, with 95 % bootstrap intervals
                """,
            columns: ["packets", "xdp rx (Swift)", "libxdp (C)", "xdp tokens", "Swift to C", "tokens above rx, ns"])
        for cell in file.section["cells"].elements {
            func receiver(_ kind: ReceiverKind) -> ReportCell {
                let row = cell["rows"].elements.first { $0["receiver"].string == kind.rawValue } ?? .null
                let evidence = row["evidence"].string.flatMap(Evidence.init)
                return ReportCell(
                    ReportQuantity(quartilesOf: row["receive_ns_per_frame"].numbers, evidence: evidence), 1)
            }
            func comparison(_ key: String, _ digits: Int) -> ReportCell {
                ReportCell(
                    cell[key]["median"].number, digits,
                    interval: Bootstrap.Interval(cell[key]["low_95"].number, cell[key]["high_95"].number))
            }
            table.rows.append([
                ReportCell(
                    cell["load"].string
                        ?? "\(cell["source"].text) \(cell["packet_bytes"].text) B, batch \(cell["batch_size"].text)"),
                receiver(.swift), receiver(.libxdp), receiver(.tokens), comparison("swift_to_libxdp", 2),
                comparison("tokens_above_rx_ns", 1),
            ])
        }
        return table
    }

    private static func consumers(_ file: ResultFile, _ id: String) -> ReportTable {
        var table = ReportTable(
            id: id, caption: "The consumers, by their books and by the kernel's",
            columns: [
                "consumer", "uid", "ended", "received", "lost", "changed", "addresses match", "pages shared",
                "tokens given",
                "returned", "taken back",
            ])
        for row in file.section["consumers"].elements {
            func count(_ value: JSONValue) -> ReportCell { ReportCell(value.number, 0) }
            table.rows.append([
                ReportCell(row["number"].text), ReportCell(row["uid"].text),
                row["killed"].text == "yes" ? "killed by this run" : ReportCell("exit \(row["exit_code"].text)"),
                count(row["received"]), count(row["lost"]), count(row["corrupt"]),
                row["killed"].text == "yes" ? "-" : ReportCell(row["addresses_match"].text), count(row["shared_pages"]),
                count(row["counters"]["delivered"]), count(row["counters"]["returned"]), count(row["taken_back"]),
            ])
        }
        return table
    }

    private var selftests: [ReportBlock] {
        input.blocks(.xskSuite, "the kernel's AF_XDP selftests") { file, suffix in
            let cells = file.section["cases"].elements
            let notRun = cells.filter { $0["outcome"].string != OutcomeGrid.Outcome.pass.rawValue }
            var table = ReportTable(
                id: "xsk-rest\(suffix)", caption: "Cases that did not pass, with what was seen",
                columns: ["case", "mode", "outcome", "detail"])
            table.rows = notRun.map { cell in
                [
                    ReportCell("\(cell["id"].text) \(cell["name"].text)"), ReportCell(cell["mode"].text),
                    ReportCell(cell["outcome"].text), ReportCell(cell["detail"].text),
                ]
            }
            return [
                .grid(
                    OutcomeGrid(
                        cells, id: "xsk\(suffix)",
                        caption: "test_xsk in our own words, and traces through the model and this kernel (k)",
                        columns: file.section["modes"].elements.map(\.text), column: "mode"))
            ] + (notRun.isEmpty ? [] : [.aside("Not passed: \(notRun.count)", [.table(table)])])
        }
    }
}
