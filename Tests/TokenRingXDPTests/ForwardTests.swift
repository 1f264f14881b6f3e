import RingBenchKit
import RingTestSupport
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

        @Test("a packet of three frames goes on as one packet, and all its frames come back")
        func fragments() throws {
            let far = try NetworkNamespace()
            let second = try VethPair(from: wire.receiver, to: far, names: (sender: "ring-out", receiver: "ring-far"))
            let (name, out, sender, last) = (wire.receiverName, second.senderName, wire.senderName, second.receiverName)
            for (namespace, end) in [(wire.sender, sender), (wire.receiver, name), (wire.receiver, out), (far, last)] {
                try namespace.run { () throws(Failure) in
                    _ = try? Invocation(program: "ip", ["link", "set", end, "mtu", "9000"]).finish()
                }
            }
            let via = wire.receiver
            let arriving = try PinnedThread {
                Result { () throws(Failure) in
                    try far.run { () throws(Failure) in
                        var configuration = XDPReceiveConfiguration(interface: last)
                        configuration.limit = XDPRunLimit(durationNanoseconds: 20_000_000_000, frames: 40)
                        configuration.options.hasFragments = true
                        return try XDPReceive.run(configuration: configuration, progress: Progress(quiet: true))
                    }
                }
            }
            let forwarding = try PinnedThread {
                Result { () throws(Failure) in
                    try via.run { () throws(Failure) in
                        var configuration = XDPForwardConfiguration(interface: name)
                        configuration.destination = out
                        configuration.limit = XDPRunLimit(durationNanoseconds: 20_000_000_000, frames: 40)
                        // A batch ends in the middle of a packet.
                        (configuration.options.hasFragments, configuration.options.batchSize) = (true, 7)
                        return try XDPForward.run(configuration: configuration, progress: Progress(quiet: true))
                    }
                }
            }
            try Receiver.awaitProgram(on: far, last)
            try Receiver.awaitProgram(on: via, name)
            // Fewer than a veth queues: none can be lost.
            try wire.sender.run { () throws(Failure) in try sendRaw(count: 40, bytes: 9000, through: sender) }
            let report = try forwarding.join().get()
            #expect(report.framesForwarded == 40 && report.bytesForwarded == 40 * 9000)
            #expect(report.framesReturned == 120, "3840 bytes of a packet fit into a frame")
            #expect(report.payloadCopies == 0 && report.framesLost == 0)
            let arrived = try arriving.join().get()
            #expect(arrived.framesReceived == 40 && arrived.bytesReceived == 40 * 9000)
        }
    }
}
