import RingBenchKit
import RingTestSupport
import Testing
import TokenRingXDP

extension AFXDP {
    /// veth has no zero copy, so here the proof must come to nothing; `make test-zerocopy` has a driver that has it.
    @Suite("The proof of zero copy")
    struct ProofTests {
        /// Both ends of a wire in one network namespace of its own.
        private static func withWire<Value: Sendable>(
            _ body: @escaping @Sendable () throws(Failure) -> Value
        ) throws -> Value {
            try NetworkNamespace().run { () throws(Failure) in
                for line in [
                    "link add wire-a type veth peer name wire-b", "link set wire-a addrgenmode none up",
                    "link set wire-b addrgenmode none up",
                ] {
                    let words = line.split(separator: " ").map(String.init)
                    guard let run = try? Invocation(program: "ip", words).finish(), run.exitCode == 0 else {
                        throw Failure(.systemCall, "ip \(line)")
                    }
                }
                return try body()
            }
        }

        private static func proof(_ mode: CopyMode.Request) -> XDPProof {
            var proof = XDPProof(interface: "wire-a", peer: "wire-b")
            proof.options.copyMode = mode
            proof.probePackets = 100
            proof.frames = 2000
            return proof
        }

        @Test(
            "in copy mode only redirected packets are written into the UMEM, and the verdict is that nothing is proved")
        func copyMode() throws {
            let report = try Self.withWire { () throws(Failure) in
                try Self.proof(.copy).run(progress: Progress(quiet: true))
            }
            for probe in [report.probes.wanted, report.probes.copy] {
                #expect(probe.mode.granted == "copy")
                #expect(probe.packetsPassed == 100)
                #expect(probe.packetsRedirected == 0)
                #expect(probe.framesWritten == 0)
            }
            let control = report.probes.control
            #expect(control.packetsPassed == 0)
            #expect(control.packetsRedirected == 100)
            #expect(control.framesWritten == 100)
            #expect(control.framesHoldingPacket == 100)
            #expect(report.traffic.framesReceived == 2000)
            #expect(report.traffic.framesReturned == 2000)
            #expect(report.isProved == false)
            #expect(report.findings.count == 1)
            #expect(report.findings.first?.contains("copy mode was asked for") == true)
        }

        @Test("where the driver refuses zero copy there is no report")
        func refused() throws {
            let failure = #expect(throws: Failure.self) {
                try Self.withWire { () throws(Failure) in
                    try Self.proof(.zeroCopy).run(progress: Progress(quiet: true))
                }
            }
            #expect(failure?.kind == .unavailable)
            #expect(failure?.description.contains("veth") == true)
        }

        @Test(
            "a wrong command line ends with the right code",
            arguments: [
                ("-i lo --peer lo", 64), ("-i lo --peer nosuch0", 69), ("-i lo --peer x --probe-packets 0", 64),
                ("-i lo --peer x --frames 0", 64), ("-i lo --peer x -q 4096", 64),
            ] as [(String, CInt)])
        func exitCodes(line: String, code: CInt) throws {
            let words = line.split(separator: " ").map(String.init)
            let run = try Invocation.run(["xdp", "prove"] + words + ["--quiet"])
            #expect(run.exitCode == code, "\(run.errors)")
        }
    }
}
