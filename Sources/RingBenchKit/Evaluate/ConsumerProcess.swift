import CTokenRing
import FoundationEssentials
import Glibc
import RingKernelModel
import SystemPackage
import TokenRing

/// The consumer of the mapped rings in a process of its own. It is handed descriptors over a Unix socket, the dmabuf's and each
/// ring set's, and nothing else of the kernel's process; kick, flush and the result are messages on that socket.
///
/// It has one thread, whatever the load says.
public enum ConsumerProcess {
    /// The hidden subcommand that the child runs.
    public static let subcommand = "consume-rings"

    /// What the child is told, as its one argument, in JSON.
    struct Assignment: Codable {
        var proposal: String
        var load: Load
        var depth: StreamContent.Depth
        var cpu: Int?
    }

    /// What it says; a kick or flush is followed by the ring set's number.
    enum Message: UInt8 { case kick = 1, flush, done }

    /// Whether another process can be this composition's application: all its rings are in regions of ours, and few enough that
    /// one message carries them.
    static func canRun(_ composition: Composition, _ load: Load) -> Bool {
        composition.hasDeliveryRing && composition.returning == .mappedRing
            && (composition.topology != .ringPerSocket || load.flows < mostDescriptors)
    }

    /// Descriptors in a message, the dmabuf's among them.
    private static let mostDescriptors = 16

    // MARK: the kernel's process

    /// Starts the child and serves it until it is done.
    static func serve(_ kernel: Kernel, run: ProposalRun, program: String) throws(Failure) -> ConsumerCosts {
        guard canRun(run.composition, run.load) else {
            throw Failure(.usage, "\(run.composition.name) has no rings that another process could hold")
        }
        let assignment = Assignment(
            proposal: run.composition.name, load: run.load, depth: run.depth, cpu: run.cpus.consumer)
        let channel: DescriptorChannel
        let child: ChildProcess
        do {
            let ends = try DescriptorChannel.pair()
            channel = ends.0
            let argument = String(decoding: try JSONEncoder().encode(assignment), as: UTF8.self)
            child = try ChildProcess(
                program: program, arguments: [subcommand, argument], handing: ends.1.descriptor)
            try channel.send(
                [kernel.binding.dmabuf.descriptor] + kernel.ringSets.map { $0.region.descriptor })
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
        let ringSets = kernel.ringSets
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            if Interrupt.isRequested { throw Failure(.interrupted, "interrupted") }
            guard ctr_poll_in(socket.rawValue, 100_000_000) > 0 else { continue }
            let count = bytes.withUnsafeMutableBytes { recv(socket.rawValue, $0.baseAddress, $0.count, 0) }
            guard count > 0 else {
                throw Failure(.invariantBroken, "the consumer's process went away before it was done")
            }
            let number = count > 1 && Int(bytes[1]) < ringSets.count ? Int(bytes[1]) : 0
            switch Message(rawValue: bytes[0]) {
            case .kick: _ = ringSets[number].kick()
            case .flush: _ = ringSets[number].flush()
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
            let handed = try channel.receive(upTo: mostDescriptors)
            guard handed.count >= 2, let composition = Composition.named(assignment.proposal) else {
                throw Failure(.usage, "a proposal and two descriptors or more are expected, \(handed.count) came")
            }
            if let cpu = assignment.cpu { ctr_pin_thread(CInt(cpu)) }
            let costs = try consume(composition, assignment, handed, channel)
            let message = [Message.done.rawValue] + Array(try JSONEncoder().encode(costs))
            _ = send(channel.descriptor.rawValue, message, message.count, Int32(MSG_NOSIGNAL))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.usage, "\(subcommand) is for ringbench itself: \(error)")
        }
    }

    private static func consume(
        _ composition: Composition, _ assignment: Assignment, _ handed: [OwnedDescriptor], _ channel: DescriptorChannel
    ) throws -> ConsumerCosts {
        var load = assignment.load
        load.threads = 1
        let payload = try Mapping(of: handed[0], byteCount: load.niovs * load.niovBytes, populate: true)
        let rings = try ConsumerRings(attached: handed.dropFirst().map { try RingRegion.attach($0) })
        let bytes = UnsafeRawBufferPointer(start: payload.base, count: payload.byteCount)
        let application = Application(
            composition: composition, load: load, rings: rings,
            checker: StreamChecker(load: load, depth: assignment.depth, payload: bytes),
            progress: RunProgress(threads: 1, goal: load.tokens), kernel: nil, crossing: .none,
            calls: (0..<handed.count - 1).map { .remote(channel.descriptor.rawValue, UInt8($0)) }, thread: 0,
            sharesCore: false)
        var watch = Watchdog()
        let costs = try withExtendedLifetime(payload) { try application.run(&watch) }
        try watch.check(received: costs.received, in: "consumer process")
        return costs
    }
}
