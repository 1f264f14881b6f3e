import RingBenchKit
import RingTestSupport
import Testing
import TokenRing
import TokenRingXDP

extension AFXDP {
    @Suite("Several queues with one UMEM")
    struct SharedQueuesTests {
        private let wire: VethPair
        init() throws { wire = try VethPair(queues: 2) }

        /// Receives on both queues while `packets` go to each, until all have come.
        private func receive(
            _ packets: [UInt64], _ change: @escaping @Sendable (inout XDPReceiveConfiguration) -> Void = { _ in }
        ) throws -> XDPRunReport<ReceivedPackets> {
            let (wire, name, sender) = (wire, wire.receiverName, wire.senderName)
            let total = packets.reduce(0, +)
            let receiving = try PinnedThread<Result<XDPRunReport<ReceivedPackets>, Failure>> {
                Result { () throws(Failure) in
                    try wire.receiver.run { () throws(Failure) in
                        var configuration = XDPReceiveConfiguration(interface: name)
                        (configuration.queues, configuration.sharesUMEM) = ([0, 1], true)
                        configuration.limit = XDPRunLimit(durationNanoseconds: 20_000_000_000, frames: total)
                        change(&configuration)
                        return try XDPReceive.run(configuration: configuration, progress: Progress(quiet: true))
                    }
                }
            }
            try Receiver.awaitProgram(on: wire.receiver, name)
            for (queue, count) in packets.enumerated() {
                _ = try wire.sender.run { () throws(Failure) in
                    var configuration = XDPTransmitConfiguration(interface: sender)
                    configuration.queue = UInt32(queue)
                    // Fewer than a veth queues: none can be lost.
                    configuration.limit.frames = count
                    return try XDPTransmit.run(configuration: configuration, progress: Progress(quiet: true))
                }
            }
            return try receiving.join().get()
        }

        @Test(
            "each queue gets its own packets into its own part of the UMEM, and the sum is of all",
            arguments: [XDPWait.poll, .spin])
        func queues(wait: XDPWait) throws {
            let report = try receive([200, 150]) {
                ($0.options.umemFrames, $0.options.ringSize, $0.options.batchSize) = (512, 256, 60)
                $0.options.wait = wait
            }
            let queues = try #require(report.queues)
            #expect(queues.map(\.queue) == [0, 1])
            #expect(queues.map(\.framesReceived) == [200, 150])
            #expect(queues.map(\.bytesReceived) == [200 * 64, 150 * 64])
            #expect(queues.map(\.framesReturned) == [200, 150])
            #expect(queues.map(\.umem.frames) == [256, 256])
            #expect(queues.allSatisfy { $0.umem.inApplication == 0 && $0.umem.isConsistent })
            #expect(report.framesReceived == 350 && report.framesReturned == 350 && report.framesLost == 0)
            #expect(report.bytesReceived == 350 * 64)
            #expect(report.umem.frames == 512 && report.umem.inApplication == 0)
        }

        @Test("the command prints a line for each queue and one for all, and a live line with both")
        func command() throws {
            let (wire, name) = (wire, wire.receiverName)
            let run = try wire.receiver.run { () throws(Failure) in
                do {
                    let process = try Invocation([
                        "xdp", "rx", "-i", name, "-q", "0", "-q", "1", "--shared-umem", "-d", "0", "-n", "50ms",
                    ])
                    try Receiver.awaitProgram(on: wire.receiver, name)
                    #expect(process.waitForErrors(containing: "queue 1 "))
                    process.interrupt()
                    return process.finish()
                } catch {
                    throw Failure(.checkFailed, "\(error)")
                }
            }
            #expect(run.exitCode == 130, "\(run.errors)")
            let rows = run.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(rows.contains { $0.prefix(4) == ["0", "0", "0", "0"] && $0.suffix(2) == ["2048", "copy"] })
            #expect(rows.contains { $0.prefix(4) == ["1", "0", "0", "0"] && $0.suffix(2) == ["2048", "copy"] })
            #expect(rows.contains { $0.prefix(4) == ["all", "0", "0", "0"] && $0.suffix(2) == ["4096", "copy"] })
        }

        @Test("a queue that is not there is named, and nothing is left attached")
        func missingQueue() throws {
            let (wire, name) = (wire, wire.receiverName)
            let (failure, left) = try wire.receiver.run { () throws(Failure) in
                var configuration = XDPReceiveConfiguration(interface: name)
                (configuration.queues, configuration.sharesUMEM) = ([0, 2], true)
                let failure: Failure?
                do throws(Failure) {
                    _ = try XDPReceive.run(configuration: configuration, progress: Progress(quiet: true))
                    failure = nil
                } catch {
                    failure = error
                }
                return (failure, try XDPCleanUp.run(interface: name).count)
            }
            #expect(failure?.kind == .unavailable && left == 0)
            #expect(failure?.description.contains("has no queue 2") == true, "\(failure?.description ?? "it ran")")
        }
    }
}
