import Foundation
import RingTestSupport
import Testing

/// `ringbench report` on results that its own commands wrote: Fixtures holds one short real run of each (its README says how).
@Suite("Report")
struct ReportCommandTests {
    /// Where a test may write.
    private let folder = "/tmp/ringbench-report-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
    private static let names = [
        "evaluate", "kperf", "sweep", "ring", "conformance", "xsk", "demo", "xdp-compare", "tokens", "guest-xdp-prove",
        "guest-zcrx-prove", "guest-zcrx-selftest",
    ]
    private static func fixture(_ name: String) -> String { "\(fixtures)/\(name).json.gz" }
    private static let all = names.map(fixture)

    /// The result itself, as an object.
    private func object(_ name: String) throws -> [String: Any] {
        let run = try Invocation(program: "gzip", ["-dc", Self.fixture(name)]).finish()
        return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    }

    private func written(_ text: String, _ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    private func report(_ arguments: [String], through prefix: [String] = []) throws -> Invocation.Result {
        try Invocation.run(["report"] + arguments, through: prefix)
    }

    @Test("one page holds every section filled, charts included, is well-formed, and asks for nothing else")
    func page() throws {
        let path = "\(folder)/report.html"
        let run = try report(Self.all + ["-o", path])
        #expect(run.exitCode == 0 && run.output.isEmpty, "\(run.errors)")
        let page = try String(contentsOfFile: path, encoding: .utf8)
        for id in ["machine", "proposals", "idle", "sweeps", "ring", "conformance", "afxdp", "zerocopy", "reproduce"] {
            #expect(page.contains("<section id=\"\(id)\">"), "\(id)")
        }
        // The fixture of `ring` has no single times: nothing else is missing.
        #expect(page.components(separatedBy: "class=\"missing\"").count == 2)
        #expect(page.components(separatedBy: "</svg>").count > 10)
        #expect(page.utf8.count < 2_000_000)
        for outside in ["src=\"http", "href=\"http", "url(http", "@import", "<script"] {
            #expect(!page.contains(outside))
        }
        let checked = try Invocation(program: "python3", ["-c", Self.wellFormed, path]).finish()
        #expect(checked.exitCode == 0, "\(checked.output)\(checked.errors)")
    }

    /// Every element is closed in order, and no id is there twice.
    private static let wellFormed = """
        import html.parser, sys
        void = {"meta", "br", "img", "hr", "link", "input"}
        class Check(html.parser.HTMLParser):
            def __init__(self):
                super().__init__()
                self.open, self.ids = [], set()
            def handle_starttag(self, tag, attrs):
                self.seen(attrs)
                if tag not in void: self.open.append(tag)
            def handle_startendtag(self, tag, attrs): self.seen(attrs)
            def seen(self, attrs):
                for name, value in attrs:
                    if name == "id":
                        if value in self.ids: sys.exit(f"the id {value} is there twice, line {self.getpos()[0]}")
                        self.ids.add(value)
            def handle_endtag(self, tag):
                if not self.open or self.open[-1] != tag: sys.exit(f"</{tag}> in {self.open[-3:]}, line {self.getpos()[0]}")
                self.open.pop()
        check = Check()
        check.feed(open(sys.argv[1]).read())
        if check.open: sys.exit(f"not closed: {check.open}")
        """

    @Test("figures are those of the results, with their kinds and intervals")
    func figures() throws {
        let rows = try #require(try object("evaluate")["proposals"] as? [[String: Any]])
        let lines = try report([Self.fixture("evaluate"), "--format", "csv"]).output.split(separator: "\n")
        for row in rows {
            let name = try #require(row["name"] as? String)
            let total = try #require(row["cpu_ns_per_token"] as? Double)
            let line = try #require(lines.first { $0.hasPrefix("proposals,proposals,\(name),total,") })
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let told = try #require(Double(cells[4]))
            #expect(abs(told - total) < 1e-9 * total)
            let (low, high) = (try #require(Double(cells[5])), try #require(Double(cells[6])))
            #expect(low <= total && total <= high)
            #expect(cells[7] == (row["evidence"] as? [String: String])?["cpu_ns_per_token"])
        }
        let idle = try #require(try object("kperf")["proposals"] as? [[String: Any]])
        let text = try report([Self.fixture("kperf"), "--format", "markdown"]).output
        for row in idle {
            let (name, percent) = (
                try #require(row["name"] as? String), try #require(row["worker_idle_percent"] as? Double)
            )
            #expect(text.contains("| \(name) | \(String(format: "%.2f", percent)) km ("), "\(name) \(percent)")
        }
        #expect(text.contains("13.13") && text.contains("26.32"))
    }

    @Test("the matrix has a glyph a cell, and each known defect its trace")
    func matrix() throws {
        let cells = try #require(try object("conformance")["cases"] as? [[String: String]])
        let page = try report([Self.fixture("conformance")]).output
        for (outcome, mark) in [("pass", "+"), ("known-defect", "D"), ("not-applicable", "\u{00B7}")] {
            let count = cells.count { $0["outcome"] == outcome }
            #expect(
                count > 0 && page.components(separatedBy: "<td class=\"\(outcome)\">\(mark)</td>").count == count + 1)
        }
        let defects = Set(
            cells.filter { $0["outcome"] == "known-defect" }.compactMap {
                $0["detail"]?.components(separatedBy: ": done: ").first
            })
        for defect in defects { #expect(page.contains(">\(defect)<"), "\(defect)") }
    }

    @Test("the environment shows each interface that was measured on, what is not told with its reason")
    func interfaces() throws {
        var demo = try object("demo")
        var environment = try #require(demo["environment"] as? [String: Any])
        environment["interfaces"] = [
            "eth9": [
                "driver": ["value": "mlx5_core"], "rings": ["value": ["rx": 1024]],
                "tcp_data_split": ["unknown": "the driver does not tell"],
            ]
        ]
        demo["environment"] = environment
        let text = String(decoding: try JSONSerialization.data(withJSONObject: demo), as: UTF8.self)
        let page = try report([try written(text, "nic.json"), "--format", "markdown"]).output
        for row in [
            "| interfaces eth9 driver | mlx5_core |", "| interfaces eth9 rings rx | 1024 |",
            "| interfaces eth9 tcp_data_split | unknown: the driver does not tell |",
        ] { #expect(page.contains(row), "\(row)") }
    }

    @Test("what is missing is said with the command that makes it")
    func missing() throws {
        let text = try report([Self.fixture("ring"), "--format", "markdown"]).output
        for command in [
            "ringbench evaluate --profile kperf", "ringbench conformance --suite xsk", "ringbench xdp tokens",
        ] {
            #expect(text.contains("`\(command)"), "\(command)")
        }
    }

    @Test("each result's own command line is there to make it again")
    func commands() throws {
        let text = try report(Self.all + ["--format", "markdown"]).output
        for name in Self.names {
            let environment = try #require(try object(name)["environment"] as? [String: Any])
            let words = try #require(environment["arguments"] as? [String])
            #expect(text.contains(words.joined(separator: " ")), "\(name)")
        }
    }

    @Test("the gnuplot program has its data in it and draws every chart")
    func charts() throws {
        let run = try report(Self.all + ["--format", "gnuplot"])
        #expect(run.exitCode == 0)
        let program = try written(run.output, "report.gp")
        let drawn = try Invocation(program: "sh", ["-c", "cd \(folder) && gnuplot \(program)"]).finish()
        #expect(drawn.exitCode == 0, "\(drawn.errors)")
        let outputs = run.output.split(separator: "\n").filter { $0.hasPrefix("set output '") }.map {
            $0.dropFirst(12).dropLast()
        }
        #expect(outputs.count > 8)
        for output in outputs {
            #expect(try String(contentsOfFile: "\(folder)/\(output)", encoding: .utf8).contains("</svg>"), "\(output)")
        }
    }

    @Test("without gnuplot it says what to install, and the other formats work")
    func noGnuplot() throws {
        let without = ["/usr/bin/env", "PATH=/nonexistent"]
        let run = try report([try plain("ring")], through: without)
        #expect(run.exitCode == 69 && run.output.isEmpty)
        #expect(run.errors.contains("gnuplot-nox") && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        for format in ["markdown", "csv", "gnuplot"] {
            #expect(try report([try plain("ring"), "--format", format], through: without).exitCode == 0)
        }
    }

    /// The fixture without compression.
    private func plain(_ name: String) throws -> String {
        try written(try Invocation(program: "gzip", ["-dc", Self.fixture(name)]).finish().output, "\(name).json")
    }

    @Test("a file that holds no result is one sentence that names it, and nothing is written")
    func wrongFiles() throws {
        let good = try String(contentsOfFile: try plain("ring"), encoding: .utf8)
        let result = "{\"schema\": \"ringbench/1\", \"command\": "
        let wrong: [(name: String, text: String?, exitCode: Int32, says: String)] = [
            ("absent.json", nil, 71, "absent.json"),
            ("cut.json", String(good.prefix(good.count / 2)), 64, "cut off"),
            ("words.json", "measured it, was fast", 64, "no JSON"), ("other.json", "[1, 2]", 64, "no schema"),
            ("later.json", good.replacingOccurrences(of: "ringbench/1", with: "ringbench/2"), 64, "ringbench/2"),
            ("empty.json", result + "\"evaluate\", \"proposals\": []}", 64, "empty run"),
            ("cell.json", result + "\"conformance\", \"cases\": []}", 64, "ringbench conformance --json"),
            ("probe.json", result + "\"probe\", \"probe\": {}}", 64, "leave it out"),
            ("zip.json.gz", "not zipped", 64, "no gzip file"),
        ]
        for (name, text, exitCode, says) in wrong {
            let path = try text.map { try written($0, name) } ?? "\(folder)/\(name)"
            let output = try written("before", "report.md")
            let run = try report([Self.fixture("ring"), path, "-o", output])
            #expect(run.exitCode == exitCode, "\(name): \(run.errors)")
            #expect(run.errors.contains(name) && run.errors.contains(says), "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1 && run.output.isEmpty)
            #expect(try String(contentsOfFile: output, encoding: .utf8) == "before")
        }
        #expect(try report([]).exitCode == 64)
        #expect(try report([Self.fixture("ring"), "--format", "pdf"]).exitCode == 64)
        #expect(try report([Self.fixture("ring"), "-o", "/nonexistent/report.md"]).exitCode == 71)
    }

    @Test("a name in a result is text, in the page and in the program: it is neither markup nor run")
    func hostileNames() throws {
        let victim = "\(folder)/victim"
        let name = "</td><script>alert(1)</script>'`touch \(victim)`"
        let good = try String(contentsOfFile: try plain("ring"), encoding: .utf8)
        let quoted = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
        let path = try written(good.replacingOccurrences(of: "\"TokenRing\"", with: quoted), "hostile.json")
        let run = try report([path])
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(!run.output.contains("<script") && run.output.contains("&lt;script&gt;"))
        #expect(!FileManager.default.fileExists(atPath: victim))
    }

    @Test("an interrupted run is said to be one")
    func interrupted() throws {
        let good = try String(contentsOfFile: try plain("ring"), encoding: .utf8)
        let cut = try #require(good.firstRange(of: "\"interrupted\" : false"))
        let path = try written(good.replacingCharacters(in: cut, with: "\"interrupted\" : true"), "short.json")
        #expect(try report([path, "--format", "markdown"]).output.contains("short.json was interrupted"))
    }
}
