import CRingBaselines
import CTokenRing
import Glibc
import RingKernelModel
import TokenRing
import TokenRingXDP

/// The receivers that `ringbench xdp compare` puts side by side.
public enum ReceiverKind: String, Encodable, Sendable, CaseIterable {
    /// `xdp rx`: the package's rings.
    case swift = "xdp rx"
    /// The same in C with libxdp's set-up and inline helpers.
    case libxdp = "libxdp in C"
    /// `xdp tokens` with one consumer, in its own process.
    case tokens = "xdp tokens"
}

/// One receiver, bound and attached, with nothing received yet. One thread.
protocol ReceiveContender: AnyObject {
    /// Sends the queue's packets to it.
    var program: RedirectProgram { get }
    /// For poll.
    var descriptor: CInt { get }
    /// What others count towards the source's pace, and what this one does.
    var paceWords: [SharedWord] { get }
    var paced: UInt64 { get }
    /// Receives until RX is empty, and gives every frame back. This is what is timed.
    func drain() -> UInt64
    /// Waits until all that was handed on was read. Not timed.
    func settle()
    /// Ends it and checks it.
    ///
    /// - Throws: `Failure` of kind `.invariantBroken`.
    func finish() throws(Failure)
}

extension ReceiveContender {
    var paceWords: [SharedWord] { [] }
    func settle() {}
}

/// See `ReceiverKind.swift`.
final class SwiftContender: ReceiveContender {
    private var receiver: XDPReceiver
    private var check = CountingCheck()
    private let unused: Pace

    init(interface: String, options: XDPOptions) throws(Failure) {
        receiver = try XDPReceiver(interface: interface, queue: 0, options: options)
        do throws(SystemCallError) { unused = try Pace() } catch { throw Failure(error) }
    }

    var program: RedirectProgram { receiver.program }
    var descriptor: CInt { receiver.socket.descriptor }
    var paced: UInt64 { check.received }

    func drain() -> UInt64 {
        let before = check.received
        while receiver.receive(check: &check, progress: unused.received, quota: .max) {}
        return check.received &- before
    }

    func finish() throws(Failure) {
        receiver.program.detach()
        _ = drain()
        guard receiver.violations.total == 0, receiver.returnedFrames == check.received else {
            throw Failure(.invariantBroken, "xdp rx: frames are not where they must be; no number is printed")
        }
    }
}

/// See `ReceiverKind.libxdp`.
final class LibraryContender: ReceiveContender {
    let program: RedirectProgram
    private let link: AttachMode
    private let receiver: OpaquePointer
    private let batchSize: UInt32

    init(interface: String, options: XDPOptions) throws(Failure) {
        do {
            let interface = try NetworkInterface(named: interface)
            program = try RedirectProgram(queues: 1)
            var opened: OpaquePointer?
            let result = crb_xdp_open(
                &opened, interface.name, 0, program.map.file.descriptor.rawValue, options.umemFrames,
                options.frameBytes, options.ringSize)
            guard result == 0, let opened else { throw SystemCallError("xsk_socket__create", errno: result) }
            receiver = opened
            batchSize = options.batchSize
            link = try program.attach(to: interface, mode: options.attachMode)
        } catch let error as XDPError {
            throw Failure(error)
        } catch let error as SystemCallError {
            throw Failure(error)
        } catch {
            throw Failure(.systemCall, "\(error)")
        }
    }

    var descriptor: CInt { crb_xdp_descriptor(receiver) }
    var paced: UInt64 { crb_xdp_seen(receiver).frames }
    func drain() -> UInt64 { crb_xdp_drain(receiver, batchSize) }

    func finish() throws(Failure) {
        program.detach()
        _ = drain()
        let seen = crb_xdp_seen(receiver)
        guard seen.bad == 0, seen.returned == seen.frames else {
            throw Failure(.invariantBroken, "libxdp in C: frames are not where they must be; no number is printed")
        }
    }

    deinit {
        program.detach()
        crb_xdp_close(receiver)
    }
}

/// See `ReceiverKind.tokens`.
final class TokenContender: ReceiveContender {
    private var chain: TokenReceiver
    private let consumers: TokenConsumers
    private let kernel: Kernel

    init(interface: String, configuration: XDPTokensConfiguration) throws(Failure) {
        let (kernel, binding) = try configuration.makeKernel()
        consumers = try TokenConsumers(configuration, kernel: kernel, binding: binding)
        chain = try TokenReceiver(
            interface: interface, queue: 0, options: configuration.traffic.options, kernel: kernel, binding: binding,
            sockets: consumers.all.map(\.socket))
        self.kernel = kernel
        try consumers.awaitReady()
    }

    var program: RedirectProgram { chain.receiver.program }
    var descriptor: CInt { chain.receiver.socket.descriptor }
    var paceWords: [SharedWord] { consumers.all.map(\.page.received) }
    var paced: UInt64 { chain.refused[0] }
    func drain() -> UInt64 { chain.drain(quota: .max) }

    func settle() {
        let consumer = consumers.all[0]
        while consumer.page.received.loadAcquire() != UInt32(truncatingIfNeeded: chain.delivered[0]), !consumer.isGone {
            ctr_pause()
        }
    }

    func finish() throws(Failure) {
        chain.receiver.program.detach()
        while chain.drain() > 0 {}
        consumers.finish()
        _ = chain.drain()
        let consumer = consumers.all[0]
        let books = consumer.page.books
        guard consumer.ending?.exitCode == 0, books.received == chain.received, books.misplaced == 0,
            books.addresses == chain.addresses[0], chain.refused[0] == 0, chain.receiver.violations.total == 0,
            chain.posted == chain.receiver.socket.geometry.frameCount
        else {
            throw Failure(
                .invariantBroken,
                "xdp tokens: \(books.received) of \(chain.received) packets were read, \(chain.refused[0]) refused, "
                    + "\(books.misplaced) out of place, \(chain.posted) chunks posted; no number is printed")
        }
    }

    deinit { consumers.end() }
}
