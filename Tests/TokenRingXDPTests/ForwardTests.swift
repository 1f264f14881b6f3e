import RingBenchKit
import Testing
import TokenRing
import TokenRingXDP

extension AFXDP {
    @Suite("Sending and forwarding")
    struct ForwardTests {
        private let wire: VethPair
        init() throws { wire = try VethPair() }

        @Test(
            "numbered packets from tx arrive whole, in order, and each frame comes back",
            arguments: [UInt32(64), 1514], [true, false])
        func transmit(packetBytes: UInt32, needsWakeup: Bool) throws {
            let name = wire.senderName
            let received = try Receiver.start(on: wire.receiver, wire.receiverName, packets: 200)
            let report = try wire.sender.run { () throws(Failure) in
                var configuration = XDPTransmitConfiguration(interface: name)
                // Fewer than a veth queues: none can be lost.
                configuration.limit.frames = 200
                configuration.limit.durationNanoseconds = 0
                configuration.packetBytes = packetBytes
                // Each frame goes several times.
                configuration.options.umemFrames = 64
                configuration.options.ringSize = 32
                configuration.options.needsWakeup = needsWakeup
                return try XDPTransmit.run(configuration: configuration, progress: Progress(quiet: true))
            }
            #expect(report.framesSent == 200 && report.framesQueued == 200 && report.framesOutstanding == 0)
            #expect(report.bytesSent == 200 * UInt64(packetBytes))
            #expect(report.statistics.transmitInvalidDescriptors == 0)
            let packets = try received.join()
            #expect(packets.map(\.number) == Array(0..<200))
            #expect(packets.allSatisfy { $0.length == packetBytes && $0.source == 1 + $0.number % 64 })
        }

        @Test(
            "what comes back from a forwarder is what was sent, with the addresses exchanged, and nothing was copied",
            arguments: [(4096, false, nil), (3000, true, nil), (4096, false, 64)] as [(UInt32, Bool, UInt32?)])
        func turnAround(frameBytes: UInt32, isUnaligned: Bool, busyPollBudget: UInt32?) throws {
            let (sender, receiver) = (wire.senderName, wire.receiverName)
            let back = try Receiver.start(on: wire.sender, sender, packets: 200, sendingTo: (wire.receiver, receiver))
            let report = try wire.receiver.run { () throws(Failure) in
                var configuration = XDPForwardConfiguration(interface: receiver)
                configuration.limit.frames = 200
                configuration.options.umemFrames = 256
                configuration.options.batchSize = 7
                (configuration.options.frameBytes, configuration.options.isUnaligned) = (frameBytes, isUnaligned)
                configuration.options.busyPollBudget = busyPollBudget
                return try XDPForward.run(configuration: configuration, progress: Progress(quiet: true))
            }
            #expect(report.framesForwarded == 200 && report.framesReturned == 200)
            #expect(report.payloadCopies == 0)
            let packets = try back.join()
            #expect(packets.map(\.number) == Array(0..<200))
            #expect(packets.allSatisfy { $0.source == 2 && $0.destination == 1 && $0.isIntact })
        }

        @Test("between two interfaces packets go through one UMEM, unchanged")
        func otherInterface() throws {
            let far = try NetworkNamespace()
            let second = try VethPair(from: wire.receiver, to: far, names: (sender: "ring-out", receiver: "ring-far"))
            let arrived = try Receiver.start(on: far, second.receiverName, packets: 1000)
            let (name, out, sender) = (wire.receiverName, second.senderName, wire.senderName)
            let (from, via) = (wire.sender, wire.receiver)
            let forwarding = try PinnedThread<Result<XDPRunReport<ForwardedPackets>, Failure>> {
                do throws(Failure) {
                    return .success(
                        try via.run { () throws(Failure) in
                            var configuration = XDPForwardConfiguration(interface: name)
                            configuration.destination = out
                            configuration.limit.frames = 1000
                            // Each frame goes twice.
                            configuration.options.umemFrames = 512
                            return try XDPForward.run(configuration: configuration, progress: Progress(quiet: true))
                        })
                } catch {
                    return .failure(error)
                }
            }
            try Receiver.awaitProgram(on: via, name)
            _ = try from.run { () throws(Failure) in
                var configuration = XDPTransmitConfiguration(interface: sender)
                configuration.limit.frames = 1000
                configuration.packetsPerSecond = 5000
                return try XDPTransmit.run(configuration: configuration, progress: Progress(quiet: true))
            }
            let report = try forwarding.join().get()
            #expect(report.framesForwarded == 1000 && report.framesReturned == 1000 && report.framesLost == 0)
            #expect(report.payloadCopies == 0)
            let packets = try arrived.join()
            #expect(packets.map(\.number) == Array(0..<1000))
            #expect(packets.allSatisfy { $0.isIntact && $0.source == 1 + $0.number % 64 && $0.destination == 2 })
        }
    }
}
