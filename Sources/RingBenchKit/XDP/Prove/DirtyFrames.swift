import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// What packets do to a UMEM that nobody redirects them to.
///
/// A socket is bound, FILL holds every frame, and the program is attached, but the socket is not in its XSKMAP: each packet goes
/// up the stack. In copy mode the kernel has no reason to touch the UMEM. In zero-copy mode the card or its driver writes each
/// packet into a frame before any program or socket sees it, and the stack gets a copy: the written frames prove it.
struct DirtyFrames {
    let interface: NetworkInterface
    let listener: PacketListener
    let peer: NetworkInterface
    let queue: UInt32
    let attachMode: AttachMode.Request
    let packets: UInt32

    /// Bytes of each packet.
    private static let packetBytes: UInt32 = 64
    /// What an untouched frame holds.
    private static let untouched: UInt64 = 0xA5C3_96F0_5A3C_690F
    /// For the last packet, in milliseconds: they come at once or never.
    private static let patienceMilliseconds = 2000

    /// Binds in `mode`, sends the packets from the peer, and looks at the UMEM.
    ///
    /// - Parameter redirecting: put the socket into the XSKMAP after all, so that the kernel has a reason. The control: the
    ///   count must see what is written.
    /// - Throws: `Failure`; `.unavailable` if `mode` is zero copy and it is refused.
    func measure(_ mode: CopyMode.Request, redirecting: Bool) throws(Failure) -> DirtyFramesReport {
        do throws(XDPError) {
            let geometry = try FrameGeometry(frameCount: max(2048, packets * 2))
            var umem = try UMEM(geometry: geometry, fillEntries: geometry.frameCount)
            let frames = umem.memory
            Self.wipe(frames)
            _ = umem.provide(frames: 0..<geometry.frameCount)
            var socket = try XDPSocket(
                on: interface, queue: queue, umem: umem, receiveEntries: geometry.frameCount, mode: mode)
            do throws(SystemCallError) {
                let program = try RedirectProgram(queues: queue + 1)
                if redirecting { try program.redirect(to: socket) }
                _ = try program.attach(to: interface, mode: attachMode)
                let sent = try send()
                let (passed, redirected) = awaitPackets(sent, &socket)
                program.detach()
                let (dirty, holding) = inspect(frames, geometry)
                return DirtyFramesReport(
                    mode: GrantedMode(socket.mode), isRedirected: redirecting, packetsSent: sent,
                    packetsPassed: passed, packetsRedirected: redirected, framesWritten: dirty,
                    framesHoldingPacket: holding, frames: geometry.frameCount)
            } catch {
                throw .system(error)
            }
        } catch {
            throw Failure(error)
        }
    }

    private static func wipe(_ memory: Mapping) {
        let words = memory.base.assumingMemoryBound(to: UInt64.self)
        for index in 0..<memory.byteCount / 8 { words[index] = untouched }
    }

    /// Numbered packets from the peer, in one go.
    private func send() throws(SystemCallError) -> UInt32 {
        let result = WireSource(interface: peer, flows: 1).send(
            frames: UInt64(packets), bytes: Self.packetBytes, window: 0, pace: try Pace())
        if let error = result.error { throw error }
        return UInt32(result.sentFrames)
    }

    /// Waits until every packet went up the stack or into RX.
    private func awaitPackets(
        _ sent: UInt32, _ socket: inout XDPSocket
    ) -> (passed: UInt32, redirected: UInt32) {
        var (passed, redirected): (UInt32, UInt32) = (0, 0)
        for _ in 0..<Self.patienceMilliseconds where passed + redirected < sent {
            usleep(1000)
            passed += listener.take()
            // Not returned: the frames stay as they are.
            redirected += socket.receive.peek(upTo: .max).count
        }
        return (passed, redirected)
    }

    /// Frames of which a byte changed, and frames in which one of our packets is, each packet counted once.
    private func inspect(_ memory: Mapping, _ geometry: FrameGeometry) -> (dirty: UInt32, holding: UInt32) {
        var dirty: UInt32 = 0
        var found: Set<UInt64> = []
        for frame in 0..<geometry.frameCount {
            let start = UnsafeRawPointer(memory.base) + Int(geometry.address(ofFrame: frame))
            let words = start.assumingMemoryBound(to: UInt64.self)
            guard (0..<Int(geometry.chunkBytes) / 8).contains(where: { words[$0] != Self.untouched }) else { continue }
            dirty += 1
            if let number = packet(in: start, geometry) { found.insert(number) }
        }
        return (dirty, UInt32(found.count))
    }

    /// The number of the packet in a frame. Behind the headroom, or behind what the card wrote before it.
    private func packet(in frame: UnsafeRawPointer, _ geometry: FrameGeometry) -> UInt64? {
        let last = Int(geometry.chunkBytes - Self.packetBytes)
        for offset in stride(from: 0, through: min(last, 1024), by: 2) {
            let start = frame + offset
            guard let number = NumberedFrame.number(of: start, length: Self.packetBytes), number < UInt64(packets),
                NumberedFrame.isIntact(start, length: Self.packetBytes, number: number)
            else { continue }
            return number
        }
        return nil
    }
}

/// What one count of written frames came to.
public struct DirtyFramesReport: Encodable, Sendable {
    /// Copy or zero copy.
    public let mode: GrantedMode
    /// Whether the socket was in the XSKMAP.
    public let isRedirected: Bool
    /// Packets that the peer sent.
    public let packetsSent: UInt32
    /// Packets that went up the stack.
    public let packetsPassed: UInt32
    /// Packets that went to the socket.
    public let packetsRedirected: UInt32
    /// Frames of the UMEM in which a byte changed.
    public let framesWritten: UInt32
    /// Packets that were found whole in a frame.
    public let framesHoldingPacket: UInt32
    /// Frames of the UMEM.
    public let frames: UInt32

    private enum CodingKeys: String, CodingKey {
        case mode, frames
        case isRedirected = "is_redirected"
        case packetsSent = "packets_sent"
        case packetsPassed = "packets_passed"
        case packetsRedirected = "packets_redirected"
        case framesWritten = "frames_written"
        case framesHoldingPacket = "frames_holding_packet"
    }
}
