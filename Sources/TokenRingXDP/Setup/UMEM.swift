import CXDP
import Glibc
import TokenRing

/// Memory registered for packets, with its FILL and COMPLETION ring; the first step to a socket.
///
/// Fill the FILL ring before the socket is bound: a zero-copy driver takes its receive buffers from it at that moment.
/// It cannot be copied; one thread may hold it. The network namespace is the one of the thread that makes it.
public struct UMEM: ~Copyable {
    /// The packets' memory.
    public let memory: Mapping
    /// How it is cut into frames.
    public let geometry: FrameGeometry
    /// Frames for the kernel to receive into.
    public var fill: FillRing
    /// Frames that the kernel has sent.
    public var completion: CompletionRing
    let handle: UMEMHandle

    /// Registers `memory`, or new private memory, as a UMEM (`xsk_umem__create` of libxdp).
    ///
    /// - Parameters:
    ///   - memory: at least `geometry.byteCount` bytes, page-aligned; a shared mapping works too, so that another process
    ///     can read the packets.
    ///   - fillEntries: slots of FILL, a power of two. The kernel publishes what it consumed late: with twice as many slots as
    ///     frames a received frame can always be returned at once.
    ///   - completionEntries: slots of COMPLETION, a power of two.
    /// - Throws: `XDPError`: `.configuration` for a size that is no power of two; `.system` with EPERM without CAP_NET_RAW,
    ///   ENOBUFS above RLIMIT_MEMLOCK without CAP_IPC_LOCK.
    public init(
        memory: Mapping? = nil, geometry: FrameGeometry, fillEntries: UInt32, completionEntries: UInt32 = 64
    ) throws(XDPError) {
        LibraryLog.silenced
        try checkRingCapacity("FILL ring", fillEntries)
        try checkRingCapacity("COMPLETION ring", completionEntries)
        let mapping: Mapping
        do throws(SystemCallError) {
            if let memory { mapping = memory } else { mapping = try Mapping(anonymous: geometry.byteCount) }
        } catch {
            throw .system(error)
        }
        guard mapping.byteCount >= geometry.byteCount else {
            throw .configuration(
                field: "UMEM memory", value: UInt64(mapping.byteCount),
                reason: "\(geometry.frameCount) frames of \(geometry.chunkBytes) bytes need more")
        }
        let handle = try UMEMHandle(
            mapping: mapping, geometry: geometry, fillEntries: fillEntries, completionEntries: completionEntries)
        let offsets = try RingOffsets(socket: handle.descriptor)
        let fillMemory = try LibraryRing("FILL", handle.fill.pointee)
            .memory(at: offsets.fill, kernelConsumes: true, of: UMEMAddress.self)
        let completionMemory = try LibraryRing("COMPLETION", handle.completion.pointee)
            .memory(at: offsets.completion, kernelConsumes: false, of: UMEMAddress.self)
        fill = FillRing(memory: fillMemory)
        completion = CompletionRing(memory: completionMemory)
        self.memory = mapping
        self.geometry = geometry
        self.handle = handle
    }

    /// Hands the frames `range` to the kernel; all of them or, if FILL has no room, none.
    ///
    /// - Returns: how many were handed over.
    public mutating func provide(frames range: Range<UInt32>) -> UInt32 {
        guard range.upperBound <= geometry.frameCount else { return 0 }
        let batch = fill.reserve(UInt32(range.count))
        for offset in 0..<batch.count {
            fill.write(geometry.address(ofFrame: range.lowerBound + offset), at: batch[offset])
        }
        fill.submit(batch.count)
        return batch.count
    }
}

/// libxdp's UMEM. A socket holds it too, so it goes after the last socket.
final class UMEMHandle {
    let fill = UnsafeMutablePointer<xsk_ring_prod>.allocate(capacity: 1)
    let completion = UnsafeMutablePointer<xsk_ring_cons>.allocate(capacity: 1)
    /// The UMEM's own socket; the first AF_XDP socket on it is this one.
    let descriptor: CInt
    private(set) var umem: OpaquePointer?
    private let mapping: Mapping

    init(
        mapping: Mapping, geometry: FrameGeometry, fillEntries: UInt32, completionEntries: UInt32
    ) throws(XDPError) {
        self.mapping = mapping
        fill.initialize(to: xsk_ring_prod())
        completion.initialize(to: xsk_ring_cons())
        var configuration = xsk_umem_config(
            fill_size: fillEntries, comp_size: completionEntries, frame_size: geometry.chunkBytes,
            frame_headroom: geometry.headroomBytes, flags: 0)
        var umem: OpaquePointer?
        let result = xsk_umem__create(
            &umem, mapping.base, UInt64(geometry.byteCount), fill, completion, &configuration)
        self.umem = umem
        descriptor = result == 0 ? xsk_umem__fd(umem) : -1
        guard result == 0 else {
            throw .system(SystemCallError("xsk_umem__create", errno: result, hint: Self.hint(for: -result)))
        }
    }

    private static func hint(for error: CInt) -> String {
        switch error {
        case EPERM: "an AF_XDP socket needs CAP_NET_RAW"
        case ENOBUFS: "the UMEM exceeds RLIMIT_MEMLOCK; raise it, take fewer frames, or run with CAP_IPC_LOCK"
        case EAFNOSUPPORT: "this kernel is built without CONFIG_XDP_SOCKETS"
        default: ""
        }
    }

    deinit {
        if let umem { _ = xsk_umem__delete(umem) }
        fill.deallocate()
        completion.deallocate()
    }
}

/// - Throws: `XDPError.configuration` unless `entries` is a power of two that a ring may have.
func checkRingCapacity(_ field: String, _ entries: UInt32) throws(XDPError) {
    guard entries > 1, entries & (entries - 1) == 0, entries <= RingLayout.mostEntries else {
        throw .configuration(
            field: "\(field) size", value: UInt64(entries),
            reason: "it must be a power of two, 2 to \(RingLayout.mostEntries) entries")
    }
}
