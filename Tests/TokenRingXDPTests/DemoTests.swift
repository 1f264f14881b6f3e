import RingBenchKit
import Testing
import TokenRingXDP

extension AFXDP {
    @Suite("Packets through the kernel and frames back")
    struct DemoTests {
        private func run(
            _ change: (inout XDPDemoConfiguration) -> Void
        ) throws -> XDPReport {
            var configuration = XDPDemoConfiguration()
            configuration.frames = 50_000
            change(&configuration)
            return try XDPDemo.run(configuration: configuration, progress: Progress(quiet: true))
        }

        @Test(
            "packets on the wire arrive complete, in order and intact, and every frame goes back",
            arguments: [AttachMode.Request.native, .skb], [UInt32(64), 71, 1514])
        func wire(attachMode: AttachMode.Request, packetBytes: UInt32) throws {
            let report = try run {
                $0.options.attachMode = attachMode
                $0.packetBytes = packetBytes
            }
            #expect(report.framesSent == 50_000)
            #expect(report.framesReceived == 50_000)
            #expect(report.framesLost == 0)
            #expect(report.framesCorrupt == 0)
            #expect(report.framesReturned == report.framesReceived + report.framesForeign)
            #expect(report.attachMode.granted == attachMode.rawValue)
            #expect(report.umem.inApplication == 0)
            #expect(report.umem.inFillRing == report.umem.frames)
        }

        @Test("a UMEM much smaller than the run is enough, because frames come back", arguments: [UInt32(2048), 4096])
        func smallUMEM(frameBytes: UInt32) throws {
            let report = try run {
                $0.options.umemFrames = 256
                $0.options.frameBytes = frameBytes
                $0.options.ringSize = 256
                $0.windowFrames = 128
                $0.options.batchSize = 7
            }
            #expect(report.framesReceived == 50_000)
            #expect(report.umem.inFillRing == 256)
        }

        @Test("copy mode is reported with what the driver said to zero copy")
        func copyModeHasReason() throws {
            let report = try run { $0.frames = 100 }
            #expect(report.mode.requested == "auto")
            #expect(report.mode.granted == "copy")
            #expect(report.mode.reason.contains("veth"))
            #expect(report.mode.reason.contains("errno 95"))
            #expect(report.mode.reason.hasSuffix("and does not offer it"), "netdev's xdp-features")
        }

        @Test("every live packet that is lost is in a kernel counter", arguments: [XDPWait.poll, .spin])
        func liveLossesAreAttributed(wait: XDPWait) throws {
            let report = try run {
                $0.source = .live
                $0.frames = 1_000_000
                $0.options.wait = wait
            }
            #expect(report.framesSent == 1_000_000)
            #expect(report.framesReceived + report.framesLost == 1_000_000)
            #expect(report.framesReceived > 0)
            #expect(report.losses.unexplained == 0)
        }

        @Test("live packets in a closed loop within RX are not lost")
        func liveClosedLoop() throws {
            let report = try run {
                $0.source = .live
                $0.frames = 200_000
                $0.windowFrames = 2000
                $0.framesPerCall = 1000
            }
            #expect(report.framesReceived == 200_000)
            #expect(report.umem.inFillRing == report.umem.frames)
        }

        @Test("an RX ring shorter than the kernel's batch loses packets, and only to rx_ring_full")
        func receiveRingFull() throws {
            let report = try run {
                $0.source = .live
                $0.options.ringSize = 2
            }
            #expect(report.losses.receiveRingFull > 0)
            #expect(report.framesLost == report.losses.receiveRingFull)
            #expect(report.statistics.receiveDropped == 0)
        }

        @Test("an empty FILL ring loses every packet, and only to that counter")
        func emptyFillRing() throws {
            let report = try run {
                $0.source = .live
                $0.framesProvided = 0
            }
            #expect(report.framesReceived == 0)
            #expect(report.losses.fillRingEmpty == 50_000)
            #expect(report.statistics.receiveFillRingEmpty == 50_000)
            #expect(report.statistics.receiveRingFull == 0)
            #expect(report.umem.inApplication == report.umem.frames)
        }

        @Test("with few frames in FILL some packets come through and the others are counted")
        func scarceFillRing() throws {
            let report = try run {
                $0.source = .live
                $0.framesProvided = 16
            }
            #expect(report.framesReceived >= 16)
            #expect(report.framesLost > 0)
            #expect(report.framesLost == report.losses.fillRingEmpty)
            #expect(report.umem.inApplication == report.umem.frames - 16)
        }

        @Test("the same wire serves one run after the other")
        func reusedWire() throws {
            let wire = try VethPair()
            for _ in 0..<5 {
                var configuration = XDPDemoConfiguration()
                configuration.frames = 1000
                let report = try XDPDemo.run(configuration: configuration, on: wire, progress: Progress(quiet: true))
                #expect(report.framesReceived == 1000)
            }
        }

        @Test("a wire that breaks while packets are on it ends the run: no number, and how far it came")
        func brokenWire() throws {
            let wire = try VethPair()
            var configuration = XDPDemoConfiguration()
            configuration.frames = 1 << 40
            let failure = try BrokenWire.failure(on: wire) { () throws(Failure) in
                try XDPDemo.run(configuration: configuration, on: wire, progress: Progress(quiet: true))
            }
            #expect(failure?.kind == .invariantBroken)
            let sentence = failure?.description ?? ""
            #expect(sentence.contains("nothing came for 3 s"), "\(sentence)")
            #expect(sentence.contains("\(wire.receiverName) counts "), "\(sentence)")
        }

        @Test("forced zero copy on veth ends as unavailable, and says what to do")
        func forcedZeroCopy() throws {
            let failure = #expect(throws: Failure.self) { _ = try run { $0.options.copyMode = .zeroCopy } }
            #expect(failure?.kind == .unavailable)
            #expect(failure?.description.contains("copy mode") == true)
        }
    }
}
