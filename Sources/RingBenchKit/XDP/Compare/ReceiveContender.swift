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
    /// Frames given back through FILL.
    var returned: UInt64 { get }
    /// Receives until RX is empty, and gives back the frames that it can. This is what is timed.
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
    /// On the heap, so that access through the class costs no exclusivity check.
    private let receiver: UnsafeMutablePointer<XDPReceiver>
    private let check: UnsafeMutablePointer<CountingCheck>
    private let unused: Pace

    init(interface: String, options: XDPOptions) throws(Failure) {
        do throws(SystemCallError) { unused = try Pace() } catch { throw Failure(error) }
        let made = try XDPReceiver(interface: interface, queue: 0, options: options)
        receiver = .allocate(capacity: 1)
        receiver.initialize(to: made)
        check = .allocate(capacity: 1)
        check.initialize(to: CountingCheck())
    }

    deinit {
        receiver.deinitialize(count: 1)
        receiver.deallocate()
        check.deallocate()
    }

    var program: RedirectProgram { receiver.pointee.program }
    var descriptor: CInt { receiver.pointee.socket.descriptor }
    var paced: UInt64 { check.pointee.received }
    var returned: UInt64 { receiver.pointee.returnedFrames }

    func drain() -> UInt64 {
        receiver.pointee.receive(check: &check.pointee, progress: unused.received, quota: .max)
    }

    func finish() throws(Failure) {
        program.detach()
        _ = drain()
        guard receiver.pointee.violations.total == 0, receiver.pointee.returnedFrames == check.pointee.received else {
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
    var returned: UInt64 { crb_xdp_seen(receiver).returned }
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
    private let chain: UnsafeMutablePointer<TokenReceiver>
    private let consumers: TokenConsumers
    private let kernel: Kernel

    init(interface: String, configuration: XDPTokensConfiguration) throws(Failure) {
        let (kernel, binding) = try configuration.makeKernel(over: try configuration.makeMemory())
        consumers = try TokenConsumers(configuration, kernel: kernel, binding: binding)
        let made = try TokenReceiver(
            interface: interface, queue: 0, options: configuration.traffic.options, kernel: kernel, binding: binding,
            sockets: consumers.all.map(\.socket), isTimed: false)
        chain = .allocate(capacity: 1)
        chain.initialize(to: made)
        self.kernel = kernel
        try consumers.awaitReady()
    }

    var program: RedirectProgram { chain.pointee.receiver.program }
    var descriptor: CInt { chain.pointee.receiver.socket.descriptor }
    var paceWords: [SharedWord] { consumers.all.map(\.page.received) }
    var paced: UInt64 { chain.pointee[0].refused }
    var returned: UInt64 { chain.pointee.reposted }
    func drain() -> UInt64 { chain.pointee.drain(quota: .max) }

    func settle() {
        let consumer = consumers.all[0]
        let delivered = UInt32(truncatingIfNeeded: chain.pointee[0].delivered)
        while consumer.page.received.loadAcquire() != delivered, !consumer.isGone { ctr_pause() }
    }

    func finish() throws(Failure) {
        chain.pointee.receiver.program.detach()
        while chain.pointee.drain() > 0 {}
        consumers.finish()
        chain.pointee.takeBack()
        let (consumer, received, posted) = (consumers.all[0], chain.pointee.received, chain.pointee.posted)
        let books = consumer.page.books
        guard consumer.ending?.exitCode == 0, books.received == received, books.misplaced == 0,
            books.addresses == chain.pointee[0].addresses, chain.pointee[0].refused == 0,
            chain.pointee.strayPackets == 0, posted == chain.pointee.receiver.socket.geometry.frameCount
        else {
            throw Failure(
                .invariantBroken,
                "xdp tokens: \(books.received) of \(received) packets were read, \(chain.pointee[0].refused) refused, "
                    + "\(books.misplaced) out of place, \(posted) chunks posted; no number is printed")
        }
    }

    deinit {
        consumers.end()
        chain.deinitialize(count: 1)
        chain.deallocate()
    }
}
