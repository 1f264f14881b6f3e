import TokenRing
import TokenRingXDP

/// How an end of a case is made.
struct EndSetup: Sendable {
    var chunkBytes: UInt32 = 4096
    /// Frames of the UMEM: the first `provided` go into FILL, the others send.
    var frames: UInt32 = 2048
    var provided: UInt32 = 0
    var headroomBytes: UInt32 = 0
    var isUnaligned = false
    var multiBuffer = false
    var receiveEntries: UInt32 = 0
    var transmitEntries: UInt32 = 0
    var completionEntries: UInt32 = 2048
    /// Slots of FILL; nil: room for every frame twice.
    var fillEntries: UInt32?

    /// An end that receives only.
    static let receiver = EndSetup(provided: 2048, receiveEntries: 2048)
    /// An end that sends only.
    static let sender = EndSetup(transmitEntries: 2048)
    /// An end that does both.
    static let both = EndSetup(provided: 1024, receiveEntries: 2048, transmitEntries: 2048)
}

/// A socket of a case with what it knows of its frames.
struct XSKEnd: ~Copyable {
    // Goes before the socket that it redirects to.
    var program: RedirectProgram?
    var socket: XDPSocket
    /// A further socket on the queue, if the case has one.
    var second: XDPQueueSocket?
    /// Frames to send from.
    var freeFrames: [UInt32]
    /// Addresses in TX or the kernel, with the frame to have back.
    var outstanding: [UInt64: UInt32] = [:]
    /// The same of descriptors that the kernel must refuse.
    var refused: [UInt64: [UInt32]] = [:]
    /// Frames that are the application's and not for sending.
    var held: UInt32 = 0

    init(setup: EndSetup, on interface: NetworkInterface, mode: XSKMode) throws(XSKEnding) {
        let memory = try Self.memory(setup, mode)
        do throws(XDPError) {
            let geometry = try FrameGeometry(
                chunkBytes: setup.chunkBytes, frameCount: setup.frames, headroomBytes: setup.headroomBytes,
                isUnaligned: setup.isUnaligned)
            var umem = try UMEM(
                memory: memory, geometry: geometry,
                fillEntries: setup.fillEntries ?? Self.powerOfTwo(setup.provided * 2),
                completionEntries: setup.completionEntries)
            let provided = umem.provide(frames: 0..<setup.provided)
            let socket = try XDPSocket(
                on: interface, umem: umem, receiveEntries: setup.receiveEntries,
                transmitEntries: setup.transmitEntries, mode: mode.copyMode, multiBuffer: setup.multiBuffer)
            if mode.busyPoll { try socket.preferBusyPolling() }
            self.socket = socket
            freeFrames = Array((provided..<setup.frames).reversed())
        } catch {
            throw XSKEnding(error)
        }
    }

    /// Unaligned frames are on huge pages if there are some, as in the kernel's own test: unless the kernel copies, a packet
    /// over a page's end takes a next page that lies behind it in physical memory, too. Nil: private pages.
    private static func memory(_ setup: EndSetup, _ mode: XSKMode) throws(XSKEnding) -> Mapping? {
        guard setup.isUnaligned else { return nil }
        let memory: PacketMemory
        do throws(SystemCallError) {
            memory = try PacketMemory(.hugePages, byteCount: Int(setup.chunkBytes) * Int(setup.frames))
        } catch {
            throw XSKEnding(error)
        }
        guard memory.granted == .hugePages || mode.path != .zc else {
            throw .skip("zero copy over a page's end takes contiguous memory: \(memory.reason)")
        }
        return memory.mapping
    }

    /// Forced zero copy is granted or bind fails; copy mode is copy mode. Said by the bound socket.
    func checkMode(_ mode: XSKMode) throws(XSKEnding) {
        try require(
            (socket.mode.granted == .zeroCopy) == (mode.path == .zc),
            "the socket was granted \(socket.mode.granted.rawValue) mode")
    }

    private static func powerOfTwo(_ count: UInt32) -> UInt32 {
        count <= 64 ? 64 : 1 << (32 - UInt32((count - 1).leadingZeroBitCount))
    }

    /// Loads and attaches the program that sends this end's packets to its socket, or up the stack if the socket only sends.
    mutating func attach(
        _ mode: AttachMode.Request, redirecting: Bool = true, multiBuffer: Bool = false,
        code: ((CInt) -> ProgramCode)? = nil
    ) throws(XSKEnding) {
        do throws(SystemCallError) {
            let map = try SocketMap(capacity: 4)
            let file = map.file.descriptor.rawValue
            let program = try RedirectProgram(
                code: code.map { $0(file) } ?? .redirect(through: file), map: map, multiBuffer: multiBuffer)
            if redirecting { try program.redirect(to: socket) }
            _ = try program.attach(to: socket.interface, mode: mode)
            self.program = program
        } catch {
            throw XSKEnding(error)
        }
        try require(socket.interface.awaitCarrier(), "\(socket.interface.name) lost its link with the program")
    }

    /// The kernel's counters.
    func statistics() throws(XSKEnding) -> XDPStatistics {
        do throws(SystemCallError) { return try socket.statistics() } catch { throw XSKEnding(error) }
    }

    /// Every frame is in one place, and the application has those that it should.
    func checkAccount(_ name: String) throws(XSKEnding) {
        let account: FrameAccount
        do throws(SystemCallError) {
            switch second {
            case .some(let other): account = try socket.account(with: other)
            case .none: account = try socket.account()
            }
        } catch {
            throw XSKEnding(error)
        }
        let mine = held + UInt32(freeFrames.count)
        try require(account.isWhole(holding: mine), "the \(name)'s frames do not add up with \(mine) held: \(account)")
    }
}
