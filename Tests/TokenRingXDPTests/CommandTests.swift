import RingBenchKit
import RingTestSupport
import Testing
import TokenRing
import TokenRingXDP

extension AFXDP {
    @Suite("The command line")
    struct CommandTests {
        @Test(
            "a wrong command line ends with the right code and one sentence",
            arguments: [
                ("demo --frames 0", 64), ("demo --batch-size 0", 64), ("demo --frame-size 3000", 64),
                ("demo --packet-size 63", 64), ("demo --umem-frames 1000", 64), ("demo --window 500 --source live", 64),
                ("demo -z -c", 64), ("demo -S -N", 64), ("demo -z", 69), ("rx -i nosuch0", 69), ("rx -i lo -b 0", 64),
                ("rx -i lo -d soon", 64), ("rx -i lo -d -1s", 64), ("rx -i lo -d 999999999999m", 64),
                ("rx -i lo -q 4096", 64), ("rx -i lo -z -d 1s", 69), ("rx -i lo -n 0", 64), ("rx -i lo -B 0", 64),
                ("rx -i lo -p --wait spin", 64), ("rx -i lo -q 0-1", 64), ("rx -i lo -M", 64),
                ("rx -i lo -M -q 0 -q 0", 64), ("rx -i lo -M -q 1-0", 64), ("rx -i lo -M -q 0,x", 64),
                ("rx -i lo -M -q 0-4294967295", 64), ("rx -i lo -q 4294967295", 64),
                ("rx -i lo -M -q 0-4 --umem-frames 4", 64),
                ("rx -i lo --frames 0", 64), ("forward -i lo -u -f 3001", 64),
                ("tx -i lo -u -f 3001", 64), ("tx -i nosuch0", 69), ("tx -i lo -s 63", 64),
                ("tx -i lo --flows 0", 64),
                ("tx -i lo --frames 0", 64), ("forward -i nosuch0", 69), ("forward -i lo --to-queue 4096", 64),
                ("tokens -i nosuch0", 69), ("tokens --consumers 0", 64), ("tokens --kill-one --consumers 1", 64),
                ("tokens --frame-size 2048", 64), ("tokens --delivery-ring 3", 64), ("tokens -z", 69),
                ("compare --repeat 2", 64), ("compare --sizes 12", 64), ("compare --sources none", 64),
                ("cleanup -i nosuch0", 69),
            ] as [(String, Int)])
        func exitCodes(line: String, code: Int) throws {
            let words = ["xdp"] + line.split(separator: " ").map(String.init) + ["--quiet"]
            let run = try Invocation.run(words)
            let said = run.errors
            #expect(run.exitCode == CInt(code), "\(said)")
            let lines = said.split(separator: "\n")
            #expect(lines.count == 1 || said.contains("Usage:"), "\(said)")
        }

        @Test("without privileges the demo ends with 77 and names the capabilities")
        func unprivileged() throws {
            let run = try Invocation.run(
                ["xdp", "demo"], through: ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--clear-groups"])
            #expect(run.exitCode == 77, "\(run.errors)")
            for name in ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_BPF"] { #expect(run.errors.contains(name)) }
        }

        @Test("Ctrl-C ends a demo with 130 and loses nothing")
        func interrupted() throws {
            let process = try Invocation(["xdp", "demo", "--frames", "1000000000"])
            try #require(process.waitForErrors(containing: "packets"))
            process.interrupt()
            let run = process.finish()
            #expect(run.exitCode == 130, "\(run.errors)")
        }

        @Test(
            "packets of others are counted and their frames returned, with chunks of a page or of any size anywhere",
            arguments: [(4096, false), (3000, true)] as [(UInt32, Bool)])
        func receivesOthers(frameBytes: UInt32, isUnaligned: Bool) async throws {
            let wire = try VethPair()
            let name = wire.receiverName
            async let sent = Self.sendFor(wire)
            let report = try wire.receiver.run { () throws(Failure) in
                var configuration = XDPReceiveConfiguration(interface: name)
                configuration.limit.durationNanoseconds = 1_000_000_000
                (configuration.options.frameBytes, configuration.options.isUnaligned) = (frameBytes, isUnaligned)
                // Each frame is used again and again.
                (configuration.options.umemFrames, configuration.options.ringSize) = (128, 128)
                return try XDPReceive.run(configuration: configuration, progress: Progress(quiet: true))
            }
            let rounds = try await sent
            #expect(rounds > 0)
            #expect(report.framesReceived > 0)
            #expect(report.bytesReceived == report.framesReceived * 64)
            #expect(report.framesReturned == report.framesReceived)
            #expect(report.framesLost == 0)
        }

        @Test("the XDP program's stamp gives every packet a time on its way, and no other bytes are taken for one")
        func residence() async throws {
            let wire = try VethPair()
            let name = wire.receiverName
            async let sent = Self.sendFor(wire)
            let report = try wire.receiver.run { () throws(Failure) in
                var configuration = XDPReceiveConfiguration(interface: name)
                configuration.limit.durationNanoseconds = 1_000_000_000
                configuration.options.stampsArrival = true
                return try XDPReceive.run(configuration: configuration, progress: Progress(quiet: true))
            }
            _ = try await sent
            let residence = try #require(report.residence)
            #expect(report.framesReceived > 0)
            #expect(residence.count == report.framesReceived)
            let half = try #require(residence.nanoseconds(at: 50))
            #expect(half > 1 && half < 1_000_000_000)
            let bytes = [UInt64](repeating: 7, count: 4)
            bytes.withUnsafeBytes { #expect(ArrivalStamp.nanoseconds(of: $0.baseAddress! + 16) == nil) }
        }

        @Test("a packet of several frames is one packet, and all its frames are returned")
        func receivesFragments() throws {
            let wire = try VethPair()
            let (name, sender) = (wire.receiverName, wire.senderName)
            for (namespace, end) in [(wire.receiver, name), (wire.sender, sender)] {
                try namespace.run { () throws(Failure) in
                    _ = try? Invocation(program: "ip", ["link", "set", end, "mtu", "9000"]).finish()
                }
            }
            let received = try PinnedThread {
                Result {
                    try wire.receiver.run { () throws(Failure) in
                        var configuration = XDPReceiveConfiguration(interface: name)
                        configuration.limit.frames = 20
                        configuration.options.hasFragments = true
                        return try XDPReceive.run(configuration: configuration, progress: Progress(quiet: true))
                    }
                }
            }
            try Receiver.awaitProgram(on: wire.receiver, name)
            try wire.sender.run { () throws(Failure) in try sendRaw(count: 20, bytes: 9000, through: sender) }
            let report = try received.join().get()
            #expect(report.framesReceived == 20)
            #expect(report.bytesReceived == 20 * 9000)
            #expect(report.framesReturned == 60, "3840 bytes of a packet fit into a frame")
        }

        @Test("a counter that is not zero is explained, with what to do")
        func explainsCounters() throws {
            let wire = try VethPair()
            let (name, sender) = (wire.receiverName, wire.senderName)
            for (namespace, end) in [(wire.receiver, name), (wire.sender, sender)] {
                try namespace.run { () throws(Failure) in
                    _ = try? Invocation(program: "ip", ["link", "set", end, "mtu", "2000"]).finish()
                }
            }
            let run = try wire.receiver.run { () throws(Failure) in
                do {
                    let process = try Invocation(["xdp", "rx", "-i", name, "-d", "0", "-f", "2048", "-n", "50ms"])
                    try Receiver.awaitProgram(on: wire.receiver, name)
                    try wire.sender.run { () throws(Failure) in try sendRaw(count: 3, bytes: 1900, through: sender) }
                    #expect(process.waitForErrors(containing: "drops: dropped 3"))
                    process.interrupt()
                    return process.finish()
                } catch {
                    throw Failure(.checkFailed, "\(error)")
                }
            }
            #expect(run.output.contains("rx_dropped 3: packets were longer than a frame has room for"), "\(run.output)")
        }

        /// Sends 64 packets every few milliseconds for longer than the receiver listens.
        private static func sendFor(_ wire: VethPair) async throws -> Int {
            var rounds = 0
            let end = ContinuousClock.now + .seconds(2)
            while ContinuousClock.now < end {
                rounds += try sendNumbered(64, on: wire, from: wire.senderName).isEmpty ? 0 : 1
                try await Task.sleep(for: .milliseconds(5))
            }
            return rounds
        }
    }
}
