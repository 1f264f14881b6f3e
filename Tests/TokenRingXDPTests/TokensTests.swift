import Glibc
import RingTestSupport
import Testing

@testable import RingBenchKit

extension AFXDP {
    @Suite("Packets as tokens in other processes")
    struct TokensTests {
        private func run(_ change: (inout XDPTokensConfiguration) -> Void) throws -> XDPTokensReport {
            var configuration = XDPTokensConfiguration()
            configuration.program = PeerProcess.productsDirectory().appending("ringbench").string
            configuration.traffic.frames = 30_000
            change(&configuration)
            return try XDPTokens.run(configuration: configuration, progress: Progress(quiet: true))
        }

        @Test("one of two is killed: the other loses nothing, every chunk is back in FILL, nothing was copied")
        func oneKilled() throws {
            let report = try run {
                $0.killsOne = true
                $0.traffic.frames = 100_000
            }
            #expect(report.framesReceived == 100_000)
            let (survivor, victim) = (report.consumers[0], report.consumers[1])
            #expect(survivor.exitCode == 0 && !survivor.wasKilled)
            #expect(survivor.received == survivor.delivered && survivor.received > 0)
            #expect(survivor.lost == 0 && survivor.outOfOrder == 0 && survivor.corrupt == 0 && survivor.refused == 0)
            #expect(survivor.deliveredAfterKill ?? 0 > 0, "it stopped with the other")
            #expect(victim.wasKilled && victim.exitCode == 128 + SIGKILL)
            #expect(victim.takenBack > 0)
            #expect(victim.counters.delivered == victim.counters.returned + UInt64(victim.takenBack))
            #expect(report.isUMEMWhole)
            #expect(report.umem.inFillRing == report.umem.frames)
            #expect(report.payloadCopies == 0)
            #expect(report.framesCheckedByAddress == survivor.received)
            #expect(survivor.addressesMatch)
        }

        @Test("a wire that breaks while packets are on it ends the run, and no number is printed")
        func brokenWire() throws {
            let wire = try VethPair()
            var configuration = XDPTokensConfiguration()
            configuration.program = PeerProcess.productsDirectory().appending("ringbench").string
            configuration.traffic.frames = 1 << 40
            // Each line asks whether the interface is still up; here none is due.
            configuration.traffic.options.intervalNanoseconds = 3_600_000_000_000
            let failure = try BrokenWire.failure(on: wire) { [configuration] () throws(Failure) in
                try wire.receiver.run { () throws(Failure) in
                    try XDPTokens.run(
                        configuration, on: wire.receiverName, wire: wire, progress: Progress(quiet: true))
                }
            }
            #expect(failure?.kind == .invariantBroken)
            #expect(failure?.description.contains("the wire is stuck") == true, "\(failure?.description ?? "")")
        }

        @Test("a consumer has no privilege, and its pages are physically the UMEM's")
        func unprivileged() throws {
            let report = try run { $0.traffic.frames = 1000 }
            for consumer in report.consumers {
                #expect(consumer.userID == 65534)
                #expect(consumer.capabilities == 0)
                #expect(consumer.sharedPages == 4096)
            }
        }

        @Test("clean-up with the last user: a killed consumer's chunks stay out, and the others go on")
        func lastUser() throws {
            let report = try run {
                $0.killsOne = true
                $0.traffic.frames = 100_000
                $0.rings.cleanUp = .lastUser
            }
            let victim = report.consumers[1]
            let held = victim.counters.delivered - victim.counters.returned
            #expect(victim.wasKilled && victim.takenBack == 0 && held > 0)
            #expect(UInt64(report.umem.inApplication) == held)
            #expect(!report.isUMEMWhole)
            #expect(report.consumers[0].lost == 0)
        }

        @Test("live packets in bursts reach every consumer by their flow", arguments: [1, 3])
        func live(consumers: Int) throws {
            let report = try run {
                $0.traffic.source = .live
                $0.traffic.framesPerCall = 500
                $0.traffic.windowFrames = 500
                $0.consumers = consumers
            }
            #expect(report.framesReceived == 30_000)
            #expect(report.consumers.allSatisfy { $0.received > 0 && $0.addressesMatch && $0.lost == 0 })
            #expect(report.isUMEMWhole)
        }

        @Test("rings much smaller than the traffic fill up, and what is refused is counted and its chunk posted again")
        func smallRings() throws {
            let report = try run {
                $0.traffic.source = .live
                $0.rings.deliveryEntries = 16
                $0.rings.returnEntries = 16
                $0.consumers = 1
            }
            let consumer = report.consumers[0]
            #expect(consumer.refused > 0)
            #expect(consumer.received == consumer.delivered)
            #expect(consumer.received + consumer.refused == report.framesReceived)
            #expect(report.isUMEMWhole)
        }

        @Test("nothing is left when it is killed: the consumers end by themselves")
        func parentKilled() throws {
            let process = try Invocation(["xdp", "tokens", "--frames", "1000000000", "-n", "100ms"])
            try #require(process.waitForErrors(containing: "Mpps"))
            let consumers = children(of: process.process.identifier)
            #expect(consumers.count == 2)
            process.kill()
            for consumer in consumers {
                for _ in 0..<500 where exists(consumer) { usleep(10_000) }
                #expect(!exists(consumer), "process \(consumer) lives on")
            }
        }

        @Test("Ctrl-C ends it with 130 and a whole UMEM")
        func interrupted() throws {
            let process = try Invocation(["xdp", "tokens", "--frames", "1000000000", "-n", "100ms"])
            try #require(process.waitForErrors(containing: "Mpps"))
            process.interrupt()
            let run = process.finish()
            #expect(run.exitCode == 130, "\(run.errors)")
            #expect(run.output.contains("whole: 4096 chunks"), "\(run.output)\(run.errors)")
        }

        private func children(of process: pid_t) -> [pid_t] {
            guard let threads = names(in: "/proc/\(process)/task") else { return [] }
            return threads.flatMap { thread in
                contents(of: "/proc/\(process)/task/\(thread)/children").split(separator: " ").compactMap { pid_t($0) }
            }
        }

        /// A zombie is nobody's any more here: its parent is gone, and whoever adopts it reaps it when it likes.
        private func exists(_ process: pid_t) -> Bool {
            let status = contents(of: "/proc/\(process)/stat")
            return !status.isEmpty && !status.contains(") Z ")
        }

        private func names(in directory: String) -> [String]? {
            guard let stream = opendir(directory) else { return nil }
            defer { closedir(stream) }
            var names: [String] = []
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if !name.hasPrefix(".") { names.append(name) }
            }
            return names
        }

        private func contents(of path: String) -> String {
            let file = open(path, O_RDONLY)
            guard file >= 0 else { return "" }
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(file, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
    }
}
