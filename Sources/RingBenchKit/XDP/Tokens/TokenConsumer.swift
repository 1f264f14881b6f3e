import CTokenRing
import FoundationEssentials
import Glibc
import RingKernelModel
import Synchronization
import SystemPackage
import TokenRing

/// One consumer as the kernel's side sees it: its process, its connection, and the socket and ring set that were made for it.
final class TokenConsumer: @unchecked Sendable {
    /// The first is 0.
    let number: Int
    /// Its process.
    let processID: pid_t
    let page: ConsumerPage
    let connection: RingConnection
    let socket: Socket
    let ringSet: RingSet
    private let child: ChildProcess
    private let gone = Atomic<Bool>(false)
    /// How it ended; known once it `isGone`.
    nonisolated(unsafe) private(set) var ending: Ending?

    /// What there was to clean up.
    struct Ending: Sendable {
        /// Its exit code, or 128 plus the signal that ended it.
        let exitCode: Int32
        /// Buffers that came home by the clean-up.
        let takenBack: Int
        /// The ring set's counters when it was closed.
        let counters: token_ring_counters
    }

    /// Starts the process. The socket and the ring set are there already; it is given the ring set when it asks.
    init(
        number: Int, kernel: Kernel, binding: Binding, request: RingSet.Request, program: String,
        assignment: FrameConsumer.Assignment
    ) throws(Failure) {
        self.number = number
        socket = kernel.open()
        do {
            ringSet = try kernel.createRingSet(on: binding, request, serving: [socket])
            page = try ConsumerPage()
            var ends: [CInt] = [-1, -1]
            try SystemCallError.check(ctr_socketpair(&ends), "socketpair")
            let (ours, theirs) = (OwnedDescriptor(.init(rawValue: ends[0])), OwnedDescriptor(.init(rawValue: ends[1])))
            connection = RingConnection(ours, number: number + 1, wakes: !assignment.spins)
            let channel = try DescriptorChannel.pair()
            let argument = String(decoding: try JSONEncoder().encode(assignment), as: UTF8.self)
            child = try ChildProcess(
                program: program, arguments: [FrameConsumer.subcommand, argument], handing: channel.1.descriptor)
            processID = child.processID
            try channel.0.send([theirs.descriptor, page.file.descriptor])
            withExtendedLifetime((theirs, channel)) {}
        } catch let failure as Failure {
            throw failure
        } catch let error as SystemCallError {
            throw Failure(error)
        } catch {
            throw Failure(.systemCall, "a consumer could not be set up: \(error)")
        }
    }

    /// Whether its connection has ended and all of it was closed. A barrier: `ending` is there.
    var isGone: Bool { gone.load(ordering: .acquiring) }

    /// Tokens that it has and did not return.
    var heldTokens: UInt64 {
        let counters = ringSet.counters
        return counters.delivered &- counters.returned
    }

    /// Sends its process a signal.
    func signal(_ number: Int32) { kill(processID, number) }

    /// Its end of the connection is closed: waits for the process, and closes what was its.
    func close(in kernel: Kernel) {
        let exitCode = child.wait()
        kernel.close(socket)
        let takenBack = kernel.close(ringSet)
        ending = Ending(exitCode: exitCode, takenBack: takenBack, counters: ringSet.counters)
        gone.store(true, ordering: .releasing)
    }
}
