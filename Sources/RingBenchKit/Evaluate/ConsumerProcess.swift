import CTokenRing
import FoundationEssentials
import Glibc
import RingKernelModel
import SystemPackage
import TokenRing

/// The consumer of the mapped rings in a process of its own. It is handed two descriptors over a Unix socket, the ring set
/// and the dmabuf, and nothing else of the kernel's process; kick, flush and the result are messages on that socket.
public enum ConsumerProcess {
    /// The hidden subcommand that the child runs.
    public static let subcommand = "consume-rings"

    /// What the child is told, as its one argument, in JSON.
    struct Assignment: Codable {
        var load: Load
        var depth: StreamContent.Depth
        var cpu: Int?
    }

    enum Message: UInt8 { case kick = 1, flush, done }

    // MARK: the kernel's process

    /// Starts the child and serves it until it is done.
    static func serve(_ kernel: Kernel, run: ProposalRun, program: String) throws(Failure) -> ConsumerCosts {
        guard let ringSet = kernel.ringSet else {
            throw Failure(.usage, "\(run.composition.name) has no rings that another process could hold")
        }
        let assignment = Assignment(load: run.load, depth: run.depth, cpu: run.cpus.consumer)
        let channel: DescriptorChannel
        let child: ChildProcess
        do {
            let ends = try DescriptorChannel.pair()
            channel = ends.0
            let argument = String(decoding: try JSONEncoder().encode(assignment), as: UTF8.self)
            child = try ChildProcess(
                program: program, arguments: [subcommand, argument], handing: ends.1.descriptor)
            try channel.send([ringSet.region.descriptor, kernel.binding.dmabuf.descriptor])
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.systemCall, "the consumer's process could not be set up: \(error)")
        }
        let costs = try answer(on: channel, kernel)
        let status = child.wait()
        guard status == 0 else { throw Failure(.invariantBroken, "the consumer's process ended with \(status)") }
        return costs
    }

    private static func answer(on channel: DescriptorChannel, _ kernel: Kernel) throws(Failure) -> ConsumerCosts {
        // The descriptor is closed with the channel's last use.
        defer { withExtendedLifetime(channel) {} }
        let socket = channel.descriptor
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            if Interrupt.isRequested { throw Failure(.interrupted, "interrupted") }
            guard ctr_poll_in(socket.rawValue, 100_000_000) > 0 else { continue }
            let count = bytes.withUnsafeMutableBytes { recv(socket.rawValue, $0.baseAddress, $0.count, 0) }
            guard count > 0 else {
                throw Failure(.invariantBroken, "the consumer's process went away before it was done")
            }
            switch Message(rawValue: bytes[0]) {
            case .kick: _ = kernel.kick()
            case .flush: _ = kernel.flush()
            case .done, nil:
                do {
                    return try JSONDecoder().decode(ConsumerCosts.self, from: Data(bytes[1..<count]))
                } catch {
                    throw Failure(
                        .invariantBroken, "the consumer's process sent a result that cannot be read: \(error)")
                }
            }
            _ = send(socket.rawValue, bytes, 1, Int32(MSG_NOSIGNAL))
        }
    }

    // MARK: the consumer's process

    /// What the child does: attach, consume, report.
    public static func runChild(_ argument: String) throws(Failure) {
        do {
            let assignment = try JSONDecoder().decode(Assignment.self, from: Data(argument.utf8))
            let channel = DescriptorChannel(OwnedDescriptor(ChildProcess.handedDescriptor))
            defer { withExtendedLifetime(channel) {} }
            let handed = try channel.receive(upTo: 2)
            guard handed.count == 2 else {
                throw Failure(.usage, "two descriptors are expected, \(handed.count) came")
            }
            if let cpu = assignment.cpu { ctr_pin_thread(CInt(cpu)) }
            let region = try RingRegion.attach(handed[0])
            let payload = try Mapping(
                of: handed[1], byteCount: assignment.load.niovs * Binding.pageBytes, populate: true)
            var consumer = try RingConsumer(
                region: region, payload: payload, load: assignment.load, depth: assignment.depth,
                calls: RemoteRingCalls(channel: channel))
            var watch = Watchdog()
            let costs = consumer.run(&watch)
            try watch.check(received: costs.received, of: assignment.load.tokens, in: "consumer process")
            let message = [Message.done.rawValue] + Array(try JSONEncoder().encode(costs))
            _ = send(channel.descriptor.rawValue, message, message.count, Int32(MSG_NOSIGNAL))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.usage, "\(subcommand) is for ringbench itself: \(error)")
        }
    }

    /// Kick and flush as messages to the kernel's process; each waits for the answer, as a system call would.
    private struct RemoteRingCalls: RingCalls {
        let channel: DescriptorChannel

        func kick() { call(.kick) }
        func flush() { call(.flush) }

        private func call(_ message: Message) {
            var byte = message.rawValue
            _ = send(channel.descriptor.rawValue, &byte, 1, Int32(MSG_NOSIGNAL))
            _ = recv(channel.descriptor.rawValue, &byte, 1, 0)
        }
    }
}
