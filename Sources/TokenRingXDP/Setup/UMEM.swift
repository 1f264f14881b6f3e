import CTokenRing
import CXDP
import Glibc
import TokenRing

/// Memory registered for packets, with its FILL and COMPLETION ring; the first step to a socket.
///
/// Fill the FILL ring before the socket is bound: a zero-copy driver takes its receive buffers from it at that moment.
/// It cannot be copied; one thread may hold it. The network namespace is the one of the thread that makes it, or that of the
/// socket that is handed in.
public struct UMEM: ~Copyable {
    /// The packets' memory.
    public let memory: Mapping
    /// How it is cut into frames.
    public let geometry: FrameGeometry
    /// Frames for the kernel to receive into.
    public var fill: FillRing
    /// Frames that the kernel has sent.
    public var completion: CompletionRing
    /// Who has each frame; nil in release builds, where nothing is booked.
    public let ownership: FrameOwnership?
    let handle: SocketHandle

    /// Registers `memory`, or new private memory, as a UMEM.
    ///
    /// - Parameters:
    ///   - memory: at least `geometry.byteCount` bytes, page-aligned; a shared mapping works too, so that another process
    ///     can read the packets (`PacketMemory`).
    ///   - geometry: the frames.
    ///   - fillEntries: slots of FILL, a power of two. The kernel publishes what it consumed late: with twice as many slots as
    ///     frames a received frame can always be returned at once.
    ///   - completionEntries: slots of COMPLETION, a power of two.
    ///   - transmitMetadata: whether packets to send may carry `TransmitMetadata`.
    ///   - socket: an AF_XDP socket that a privileged process made and handed over; without it one is made, which takes
    ///     CAP_NET_RAW.
    /// - Throws: `XDPError`: `.configuration` for a size that is no power of two, or for metadata that this kernel does not
    ///   have; `.system` with EPERM without CAP_NET_RAW, ENOBUFS above RLIMIT_MEMLOCK without CAP_IPC_LOCK, EBUSY if the
    ///   socket has a UMEM already.
    public init(
        memory: Mapping? = nil, geometry: FrameGeometry, fillEntries: UInt32, completionEntries: UInt32 = 64,
        transmitMetadata: TransmitMetadata.Support = .none, socket: OwnedDescriptor? = nil
    ) throws(XDPError) {
        try checkRingCapacity("FILL ring", fillEntries)
        try checkRingCapacity("COMPLETION ring", completionEntries)
        let mapping: Mapping
        let handle: SocketHandle
        do throws(SystemCallError) {
            if let memory { mapping = memory } else { mapping = try Mapping(anonymous: geometry.byteCount) }
            handle = try SocketHandle(socket, memory: mapping)
        } catch {
            throw .system(error)
        }
        guard mapping.byteCount >= geometry.byteCount else {
            throw .configuration(
                field: "UMEM memory", value: UInt64(mapping.byteCount),
                reason: "\(geometry.frameCount) frames of \(geometry.chunkBytes) bytes need more")
        }
        try Self.register(mapping, geometry, transmitMetadata, on: handle.file)
        #if DEBUG
            let ownership: FrameOwnership? = FrameOwnership(geometry: geometry)
        #else
            let ownership: FrameOwnership? = nil
        #endif
        let fillMemory: SocketRingMemory<UMEMAddress> = try handle.makeRing(.fill, fillEntries, ownership)
        let completionMemory: SocketRingMemory<UMEMAddress> = try handle.makeRing(
            .completion, completionEntries, ownership)
        // Nothing may fail once a ring is there.
        fill = FillRing(memory: fillMemory)
        completion = CompletionRing(memory: completionMemory)
        self.ownership = ownership
        self.memory = mapping
        self.geometry = geometry
        self.handle = handle
    }

    private static func register(
        _ mapping: Mapping, _ geometry: FrameGeometry, _ metadata: TransmitMetadata.Support, on socket: OwnedDescriptor
    ) throws(XDPError) {
        var registration = cxdp_umem_reg()
        registration.addr = UInt64(UInt(bitPattern: mapping.base))
        registration.len = UInt64(geometry.byteCount)
        registration.chunk_size = geometry.chunkBytes
        registration.headroom = geometry.headroomBytes
        if geometry.isUnaligned { registration.flags |= UInt32(XDP_UMEM_UNALIGNED_CHUNK_FLAG) }
        if metadata != .none {
            registration.tx_metadata_len = TransmitMetadata.byteCount
            registration.flags |= UInt32(CXDP_UMEM_TX_METADATA_LEN)
        }
        if metadata == .softwareChecksum { registration.flags |= UInt32(CXDP_UMEM_TX_SW_CSUM) }
        do {
            try SocketOption.set(XDP_UMEM_REG, of: socket, to: registration, "XDP_UMEM_REG")
        } catch {
            guard let refusal = error.errno?.rawValue else { throw error }
            if refusal == EINVAL, metadata != .none {
                throw .configuration(
                    field: "TX metadata", value: UInt64(TransmitMetadata.byteCount),
                    reason: "this kernel refuses a UMEM with metadata (EINVAL); it takes Linux 6.11 or later")
            }
            throw .system(
                SystemCallError("setsockopt(XDP_UMEM_REG)", errno: refusal, hint: hint(for: refusal, geometry)))
        }
    }

    private static func hint(for error: CInt, _ geometry: FrameGeometry) -> String {
        switch error {
        case ENOBUFS:
            "the UMEM of \(geometry.byteCount) bytes and what is locked already exceed RLIMIT_MEMLOCK, "
                + "\(lockedLimit); raise it (`ulimit -l`), take fewer frames, or run with CAP_IPC_LOCK"
        case EBUSY: "this socket has a UMEM already; one socket, one UMEM"
        case EINVAL:
            "this kernel does not take frames of \(geometry.chunkBytes) bytes with \(geometry.headroomBytes) of headroom; "
                + "newer ones keep 320 bytes of a frame for themselves"
        case ENOMEM: "\(geometry.byteCount) bytes could not be pinned"
        default: ""
        }
    }

    private static var lockedLimit: String {
        var (soft, hard) = (UInt64(0), UInt64(0))
        return ctr_memlock_limit(&soft, &hard) == 0 ? "\(soft) bytes" : "which could not be read"
    }

    /// Hands the frames `range` to the kernel; all of them or, if FILL has no room, none.
    ///
    /// - Returns: how many were handed over.
    public mutating func provide(frames range: Range<UInt32>) -> UInt32 {
        fill.provide(frames: range, of: geometry)
    }
}

extension ProducerRing where Memory == SocketRingMemory<UMEMAddress> {
    /// Hands the frames `range` to the kernel; all of them or, if there is no room, none.
    ///
    /// - Returns: how many were handed over.
    public mutating func provide(frames range: Range<UInt32>, of geometry: FrameGeometry) -> UInt32 {
        guard range.upperBound <= geometry.frameCount else { return 0 }
        let batch = reserve(UInt32(range.count))
        for offset in 0..<batch.count {
            write(geometry.address(ofFrame: range.lowerBound + offset), at: batch[offset])
        }
        submit(batch.count)
        return batch.count
    }
}
