import Foundation
import RingTestSupport
import Testing
import TokenRing

/// What a user gets for a wrong word: one sentence that names the cause, and the right exit code.
@Suite("Command line")
struct CommandLineTests {
    struct Wrong: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let exitCode: Int32
        let names: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let wrong = [
        Wrong(arguments: ["evaluate", "--proposals", "carrier-pigeon"], exitCode: 64, names: "carrier-pigeon"),
        Wrong(arguments: ["evaluate", "--return-ring", "3"], exitCode: 64, names: "power of two"),
        Wrong(arguments: ["evaluate", "--flows", "0"], exitCode: 64, names: "--flows"),
        Wrong(arguments: ["evaluate", "--return-batch", "1025"], exitCode: 64, names: "1024"),
        Wrong(arguments: ["evaluate", "--niovs", "1024"], exitCode: 64, names: "--niovs"),
        Wrong(arguments: ["evaluate", "--cpus", "0,0"], exitCode: 64, names: "twice"),
        Wrong(arguments: ["evaluate", "--cpus", "0,900"], exitCode: 69, names: "900"),
        Wrong(
            arguments: ["evaluate", "--profile", "/nonexistent/profile"], exitCode: 64, names: "/nonexistent/profile"),
        Wrong(arguments: ["evaluate", "--profile", "kperf", "--flows", "0"], exitCode: 64, names: "--flows"),
        Wrong(arguments: ["evaluate", "--profile", "kperf", "--sweep", "flows"], exitCode: 64, names: "--sweep"),
        Wrong(arguments: ["evaluate", "--sweep", "moon"], exitCode: 64, names: "return-batch"),
        Wrong(arguments: ["evaluate", "--sweep", "flows", "--flows", "2"], exitCode: 64, names: "own proposals"),
        Wrong(arguments: ["evaluate", "--plot", "/tmp/plots"], exitCode: 64, names: "--sweep"),
        Wrong(
            arguments: ["evaluate", "--other-bindings", "0,1", "--proposals", "autorelease-netlink"], exitCode: 64,
            names: "autorelease-netlink refuses a binding: System already configured with autorelease=0"),
        Wrong(arguments: ["evaluate", "--other-bindings", "1,2"], exitCode: 64, names: "1,2"),
        Wrong(arguments: ["evaluate", "--other-bindings", "0,0,0,0"], exitCode: 64, names: "4 queues"),
        Wrong(arguments: ["evaluate", "--threads", "9"], exitCode: 64, names: "--threads"),
        Wrong(arguments: ["evaluate", "--repetitions", "0"], exitCode: 64, names: "--repetitions"),
        Wrong(arguments: ["evaluate", "-o", "/nonexistent/result"], exitCode: 71, names: "/nonexistent/result"),
        Wrong(
            arguments: ["conformance", "--case", "S2,S99"], exitCode: 64, names: "there is no case S99; there are S1"),
        Wrong(arguments: ["conformance", "--case", ","], exitCode: 64, names: "--case"),
        Wrong(
            arguments: ["conformance", "--proposals", "carrier-pigeon"], exitCode: 64,
            names: "there is no proposal carrier-pigeon; there are sockopt-xarray"),
        Wrong(arguments: ["conformance", "--random=-1"], exitCode: 64, names: "--random"),
        Wrong(arguments: ["conformance", "-o", "/nonexistent/result"], exitCode: 71, names: "/nonexistent/result"),
        Wrong(arguments: ["ring", "--capacity", "3"], exitCode: 64, names: "power of two"),
        Wrong(arguments: ["ring", "-o", "/nonexistent/result"], exitCode: 71, names: "/nonexistent/result"),
        Wrong(arguments: ["probe", "--require", "teleport"], exitCode: 64, names: "teleport"),
        Wrong(arguments: ["inspect", "/nonexistent/region"], exitCode: 71, names: "/nonexistent/region"),
        Wrong(arguments: ["frobnicate"], exitCode: 64, names: "frobnicate"),
        Wrong(arguments: ["consume-rings", "nonsense"], exitCode: 64, names: "ringbench itself"),
    ]

    @Test("is one sentence that names the cause, and the right exit code", arguments: wrong)
    func refuses(_ wrong: Wrong) throws {
        let run = try Invocation.run(wrong.arguments)
        #expect(run.exitCode == wrong.exitCode, "\(run.errors)")
        #expect(run.errors.contains(wrong.names), "\(run.errors)")
        #expect(run.output.isEmpty)
        #expect(!run.errors.contains("Fatal error"))
    }

    @Test("evaluate --json-stream tells each repetition, and ends with the object whose keys scripts rely on")
    func evaluateJSON() throws {
        let run = try Invocation.run([
            "evaluate", "--place", "any", "--json-stream", "--no-xdp", "--repetitions", "2", "--tokens", "5000",
            "--proposals", "sockopt-uref,mapped-ring,refill-ring,netlink-uref",
        ])
        #expect(run.exitCode == 0, "\(run.errors)")
        let events = try run.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(events.first?["event"] as? String == "start" && events.last?["event"] as? String == "end")
        let intervals = events.filter { $0["event"] as? String == "interval" }.compactMap {
            $0["data"] as? [String: Any]
        }
        let object = try #require(events.last?["data"] as? [String: Any])
        #expect(object["schema"] as? String == "ringbench/1")
        #expect(object["environment"] is [String: Any])
        let proposals = try #require(object["proposals"] as? [[String: Any]])
        #expect(
            proposals.compactMap { $0["name"] as? String }
                == ["sockopt-xarray", "sockopt-uref", "mapped-ring", "refill-ring", "netlink-uref"])
        for proposal in proposals {
            let told = intervals.filter { $0["name"] as? String == proposal["name"] as? String }
            #expect(told.allSatisfy { $0["key"] as? String == "cpu_ns_per_token" && $0["repetitions"] as? Int == 2 })
            let values = (proposal["repetitions"] as? [String: [Double]])?["cpu_ns_per_token"]
            #expect(told.compactMap { $0["value"] as? Double } == values)
        }
        #expect((object["calibration"] as? [Any])?.isEmpty == false)
        #expect((object["conditions"] as? [String: Any])?["fresh_processes"] as? Bool == true)
        let counter = (object["environment"] as? [String: Any])?["instruction_counter"] as? [String: String]
        for proposal in proposals {
            #expect(proposal["application_cpu_ns_per_token"] as? Double ?? 0 > 0)
            #expect(proposal["application_instructions_per_token"] is Double == (counter?["value"] != nil))
            #expect(proposal["application_instructions_per_token"] is NSNull == (counter?["unknown"] != nil))
            #expect(proposal["verified"] as? Bool == true)
            let evidence = try #require(proposal["evidence"] as? [String: String])
            for key in [
                "receive_ns_per_token", "return_ns_per_token", "issue_ns_per_token", "release_ns_per_token",
                "syscalls_per_1000_tokens", "tokens_per_s",
            ] {
                #expect(proposal[key] is Double, "\(key)")
                #expect(["kernel", "model", "kernel+model"].contains(evidence[key]))
            }
        }
        let ring = try #require(proposals.first { $0["name"] as? String == "mapped-ring" })
        #expect(ring["between_processes"] is [String: Any])
        #expect(ring["ratio_to_sockopt_xarray"] is [String: Any])
    }

    @Test("Ctrl-C prints what was measured and exits 130")
    func interrupted() throws {
        let process = try Invocation([
            "evaluate", "--place", "any", "--json", "--no-xdp", "--repetitions", "1000", "--tokens", "5000",
            "--proposals",
            "sockopt-uref",
        ])
        // Each proposal has been measured once by then.
        try #require(process.waitForErrors(containing: "repetition 3 of 1000"))
        process.interrupt()
        let run = process.finish()
        #expect(run.exitCode == 130, "\(run.errors)")
        #expect(try json(run)["interrupted"] as? Bool == true)
    }

    @Test("evaluate --profile --json has the worker's idle time, its interval, and the published findings")
    func profileJSON() throws {
        let path = "/tmp/ringbench-profile-\(getpid()).json"
        defer { unlink(path) }
        try Data(#"{"name": "short", "runs": 2, "run_ms": 10, "proposals": ["sockopt-uref", "refill-ring"]}"#.utf8)
            .write(to: URL(filePath: path))
        let run = try Invocation.run([
            "evaluate", "--place", "any", "--json", "--quiet", "--quick", "--profile", path,
        ])
        #expect(run.exitCode == 0, "\(run.errors)")
        let object = try json(run)
        let proposals = try #require(object["proposals"] as? [[String: Any]])
        #expect(proposals.compactMap { $0["name"] as? String } == ["sockopt-xarray", "sockopt-uref", "refill-ring"])
        for proposal in proposals {
            #expect(proposal["verified"] as? Bool == true)
            let idle = try #require(proposal["worker_idle_percent"] as? Double)
            let interval = try #require(proposal["worker_idle_percent_ci95"] as? [Double])
            #expect(interval.count == 2 && (0...100).contains(idle))
            #expect(interval[0] <= idle && idle <= interval[1])
            for key in ["softirq_busy_percent", "tokens_per_s", "drops", "syscalls_per_1000_tokens"] {
                #expect(proposal[key] is Double, "\(key)")
            }
        }
        #expect((object["published"] as? [String: Any])?["before_worker_idle_percent"] as? Double == 13.13)
        #expect((object["findings"] as? [[String: Any]])?.count == 7)
        #expect(windowSeconds(object) ?? 0 > 0)
        #expect((object["conditions"] as? [String: Any])?["fresh_processes"] as? Bool == true)
        #expect((object["profile"] as? [String: Any])?["reached_idle_percent"] is Double)
    }

    @Test("a profile with a wrong key is one sentence and exit 64")
    func wrongProfile() throws {
        let path = "/tmp/ringbench-wrong-profile-\(getpid()).json"
        defer { unlink(path) }
        try Data(#"{"flowz": 4}"#.utf8).write(to: URL(filePath: path))
        let run = try Invocation.run(["evaluate", "--profile", path])
        #expect(run.exitCode == 64 && run.output.isEmpty)
        #expect(run.errors.contains("flowz") && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }

    @Test("evaluate --sweep --json has its points, and --plot writes a file for each")
    func sweepJSON() throws {
        let folder = "/tmp/ringbench-plots-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try Invocation.run([
            "evaluate", "--place", "any", "--json", "--quiet", "--sweep", "rings", "--repetitions", "1", "--tokens",
            "2000", "--plot",
            folder,
        ])
        #expect(run.exitCode == 0, "\(run.errors)")
        let object = try json(run)
        #expect(windowSeconds(object) ?? 0 > 0)
        #expect((object["conditions"] as? [String: Any])?["fresh_processes"] as? Bool == true)
        let sweeps = try #require(object["sweeps"] as? [[String: Any]])
        let points = try #require(sweeps.first?["points"] as? [[String: Any]])
        #expect(points.compactMap { $0["ring_sets"] as? Int } == [1, 2, 4, 8])
        for point in points {
            for proposal in try #require(point["proposals"] as? [[String: Any]]) {
                #expect(proposal["cpu_ns_per_token"] is Double && proposal["spread"] is [String: Any])
            }
        }
        let lines = try String(contentsOfFile: "\(folder)/rings.dat", encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 5 && lines[1].split(separator: " ").count == 7)
    }

    @Test("ring --json has a row for each implementation, batch and entry size")
    func ringJSON() throws {
        let run = try Invocation.run(["ring", "--json", "--quiet", "--repetitions", "1", "--entries", "8192"])
        #expect(run.exitCode == 0, "\(run.errors)")
        let rows = try #require(try json(run)["ring"] as? [[String: Any]])
        #expect(
            Set(rows.compactMap { $0["implementation"] as? String })
                == ["TokenRing", "TokenRing-slot", "libxdp", "lower-bound"])
        #expect(rows.count == 24)
        for row in rows {
            #expect(row["ns_per_entry"] is Double)
            #expect((row["repetitions_ns_per_entry"] as? [Double])?.count == 1)
            for side in ["producer", "consumer"] {
                #expect(row["\(side)_cpu_ns_per_entry"] as? Double ?? 0 > 0)
                #expect(row["\(side)_instructions_per_entry"] != nil, "a number, or null where nothing counts")
            }
        }
    }

    @Test("conformance --json has a cell for each case and proposal, and what random operations came to")
    func conformanceJSON() throws {
        let run = try Invocation.run([
            "conformance", "--json", "--quiet", "--case", "S2,B1,A18", "--proposals", "mapped-ring,sockopt-uref",
            "--random", "2000", "--seed", "42",
        ])
        #expect(run.exitCode == 0, "\(run.errors)")
        let object = try json(run)
        #expect(object["schema"] as? String == "ringbench/1")
        #expect(object["environment"] is [String: Any])
        let cases = try #require(object["cases"] as? [[String: Any]])
        #expect(cases.count == 6)
        for cell in cases {
            for key in ["id", "name", "mechanism", "outcome", "expected", "detail"] {
                #expect(cell[key] is String, "\(key)")
            }
        }
        let outcomes = cases.map { "\($0["id"] ?? "") \($0["mechanism"] ?? "") \($0["outcome"] ?? "")" }
        #expect(outcomes.contains("S2 sockopt-uref known-defect"))
        #expect(outcomes.contains("S2 mapped-ring pass"))
        #expect(outcomes.contains("A18 mapped-ring not-applicable"))
        let random = try #require(object["random"] as? [[String: Any]])
        #expect(random.compactMap { $0["operations"] as? Int } == [2000, 2000])
        #expect(random.compactMap { $0["seed"] as? Int } == [42, 42])
    }

    @Test("conformance prints a matrix with a legend, and the known defects with their traces")
    func conformanceText() throws {
        let run = try Invocation.run(["conformance", "--quiet", "--case", "S2,S8"])
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.contains("a sockopt-xarray, b sockopt-uref"))
        #expect(run.output.contains("F fail: 0"))
        #expect(run.output.contains("underflow of a stray return"))
        #expect(!run.output.contains("random operations"), "--case alone asks for no random operations")
    }

    @Test("the output file holds what would be printed")
    func outputFile() throws {
        let path = "/tmp/ringbench-test-\(getpid()).json"
        defer { unlink(path) }
        let run = try Invocation.run(["probe", "--json", "-o", path])
        #expect(run.exitCode == 0 && run.output.isEmpty)
        let object = try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(filePath: path)))
        #expect((object as? [String: Any])?["probe"] is [String: Any])
    }

    @Test("inspect shows the rings of a live region, and refuses a file of garbage")
    func inspect() throws {
        let region = try RingRegion.create([
            RingSpecification(.delivery, capacity: 8), RingSpecification(.returning, capacity: 16, startIndex: 7),
        ])
        var producer = try region.takeProducer(of: 1, entry: TokenRange.self)
        producer.submit(producer.reserve(3).count)
        let live = try Invocation.run([
            "inspect", "--json", "/proc/\(getpid())/fd/\(region.descriptor.rawValue)",
        ])
        #expect(live.exitCode == 0, "\(live.errors)")
        let rings = try #require(try json(live)["rings"] as? [[String: Any]])
        #expect(rings.compactMap { $0["used"] as? Int } == [0, 3])
        #expect(rings.last?["producer"] as? Int == 10)
        withExtendedLifetime(region) {}

        let path = "/tmp/ringbench-garbage-\(getpid())"
        defer { unlink(path) }
        try Data((0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 131) }).write(to: URL(filePath: path))
        let garbage = try Invocation.run(["inspect", path])
        #expect(garbage.exitCode == 64)
        #expect(garbage.errors.contains(path) && garbage.errors.split(separator: "\n").count == 1)
    }

    /// How long was measured, by the conditions of a result.
    private func windowSeconds(_ object: [String: Any]) -> Double? {
        let conditions = object["conditions"] as? [String: Any]
        return (conditions?["disturbances"] as? [String: Any])?["window_s"] as? Double
    }

    private func json(_ run: Invocation.Result) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any] ?? [:]
    }
}
