import TokenRing
import TokenRingXDP

/// How a receiver waits when RX is empty.
public enum XDPWait: String, Sendable, CaseIterable, Encodable {
    /// Sleeps in poll(2): the CPU time per packet means something.
    case poll
    /// Looks again and again: the least delay, and all of a CPU.
    case spin
}

/// What every AF_XDP receiver is made with.
public struct XDPOptions: Sendable {
    /// Copy or zero copy.
    public var copyMode = CopyMode.Request.auto
    /// Where the program runs.
    public var attachMode = AttachMode.Request.auto
    /// Most packets taken from RX at once.
    public var batchSize: UInt32 = 64
    /// Bytes of a UMEM frame.
    public var frameBytes: UInt32 = 4096
    /// Frames of the UMEM.
    public var umemFrames: UInt32 = 4096
    /// Whether the UMEM should be on pages of 2 MiB.
    public var hugePages = false
    /// Slots of RX; FILL has twice as many slots as the UMEM has frames.
    public var ringSize: UInt32 = 2048
    /// How it waits.
    public var wait = XDPWait.poll
    /// Whether the kernel says when it must be called (`XDP_USE_NEED_WAKEUP`).
    public var needsWakeup = true
    /// Packets that the driver takes in one round of busy polling; nil: no busy polling.
    public var busyPollBudget: UInt32?
    /// Whether chunks may lie anywhere (`XDP_UMEM_UNALIGNED_CHUNK_FLAG`), and so have any size.
    public var isUnaligned = false
    /// Whether a packet may have several frames (`XDP_USE_SG`).
    public var hasFragments = false
    /// Whether the program writes the time in front of each packet, so that its residence time is known.
    public var stampsArrival = false
    /// Time between live lines.
    public var intervalNanoseconds: Int64 = 1_000_000_000

    /// The defaults.
    public init() {}

    /// The UMEM's frames.
    ///
    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    func checkedGeometry() throws(Failure) -> FrameGeometry {
        guard (1...4096).contains(batchSize) else {
            throw Failure(.usage, "--batch-size is \(batchSize): it must be 1 to 4096 packets")
        }
        guard isUnaligned ? (2048...4096).contains(frameBytes) : frameBytes == 2048 || frameBytes == 4096 else {
            throw Failure(
                .usage,
                "--frame-size is \(frameBytes): it must be "
                    + (isUnaligned ? "2048 to 4096 bytes" : "2048 or 4096 bytes; sizes between take --unaligned"))
        }
        guard (1...65535).contains(busyPollBudget ?? 1) else {
            throw Failure(.usage, "--busy-poll is \(busyPollBudget ?? 0): it must be 1 to 65535 packets")
        }
        guard intervalNanoseconds > 0 else { throw Failure(.usage, "--interval is 0: it must be more") }
        try Self.check("--umem-frames", umemFrames, most: 1 << 20)
        try Self.check("--ring-size", ringSize, most: 1 << 20)
        do throws(XDPError) {
            return try FrameGeometry(
                chunkBytes: frameBytes, frameCount: umemFrames, isUnaligned: isUnaligned)
        } catch {
            throw Failure(error)
        }
    }

    /// The same of a command that sends from the frames.
    ///
    /// - Throws: `Failure` of kind `.usage`.
    func checkedGeometryToSend() throws(Failure) -> FrameGeometry {
        guard frameBytes % 2 == 0 else {
            throw Failure(
                .usage,
                "--frame-size is \(frameBytes): take an even one, some kernels complete an odd address without its lowest bit"
            )
        }
        return try checkedGeometry()
    }

    /// Memory for the UMEM.
    func memory() throws(Failure) -> PacketMemory {
        let geometry = try checkedGeometry()
        do throws(SystemCallError) {
            return try PacketMemory(hugePages ? .hugePages : .anonymous, byteCount: geometry.byteCount)
        } catch {
            throw Failure(error)
        }
    }

    /// Lets the socket prefer busy polling, if that was asked for.
    func preferBusyPolling(_ socket: borrowing XDPSocket) throws(XDPError) {
        if let busyPollBudget { try socket.preferBusyPolling(budget: CInt(clamping: busyPollBudget)) }
    }

    /// Whether the kernel must be called to send, whatever TX says.
    var alwaysWakes: Bool { !needsWakeup || busyPollBudget != nil }

    private static func check(_ option: String, _ value: UInt32, most: UInt32) throws(Failure) {
        guard value >= 2, value <= most, value & (value - 1) == 0 else {
            throw Failure(.usage, "\(option) is \(value): it must be a power of two, 2 to \(most)")
        }
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        [
            "copy-mode": copyMode.rawValue, "attach-mode": attachMode.rawValue, "batch-size": "\(batchSize)",
            "frame-size": "\(frameBytes)", "umem-frames": "\(umemFrames)", "ring-size": "\(ringSize)",
            "huge-pages": "\(hugePages)",
            "unaligned": "\(isUnaligned)", "frags": "\(hasFragments)", "tstamp": "\(stampsArrival)",
            "wait": wait.rawValue,
            "need-wakeup": "\(needsWakeup)",
            "busy-poll": busyPollBudget.map { "\($0)" } ?? "off", "interval": "\(intervalNanoseconds / 1_000_000)ms",
        ]
    }
}
