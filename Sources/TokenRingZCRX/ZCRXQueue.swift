import CTokenRing
import Glibc
import TokenRing

/// Payload memory that the kernel fills, and the ring that gives it back: io_uring zcrx without a network device
/// (`ZCRX_REG_NODEV`, Linux 7.2).
///
/// Everything is the kernel's but the copy: its refill ring, its tokens, its completions, its flush. On a network card that
/// supports zcrx the card writes the payload instead. The refill ring is TokenRing's producer over the layout that the kernel
/// reported. Use it on the thread of its io_uring.
public struct ZCRXQueue: ~Copyable {
    /// Returns buffers to the kernel. Without a device nothing takes them but `flush()`.
    public var refill: ProducerRing<MappedRingMemory<RefillEntry>>
    /// Where the payload is.
    public let area: Mapping
    /// The refill ring's memory, for who wants to write what a producer would not.
    public let refillMemory: MappedRingMemory<RefillEntry>
    /// Its number within its io_uring.
    public let identifier: UInt32
    /// The area as the top 16 bits of a refill entry's offset name it.
    public let areaToken: UInt64
    private let uring: CInt

    /// Bytes of a buffer, the kernel's page size.
    public static let bufferBytes = 4096

    /// Buffers of the area.
    public var buffers: Int { area.byteCount / Self.bufferBytes }

    /// Registers new memory with `ring`.
    ///
    /// - Parameters:
    ///   - buffers: of the area, a page each.
    ///   - refillEntries: slots of the refill ring, a power of two.
    /// - Throws: `SystemCallError`: EINVAL for a kernel that cannot do without a device, EPERM without CAP_NET_ADMIN.
    public init(
        with ring: borrowing CompletionRing, buffers: Int, refillEntries: UInt32
    ) throws(SystemCallError) {
        let headerBytes = (try? ZCRXAbilities().headerBytes) ?? Self.bufferBytes
        let area = try Mapping(anonymous: buffers * Self.bufferBytes)
        let region = try Mapping(
            anonymous: ZCRXRegistration.ringBytes(entries: refillEntries, headerBytes: headerBytes))
        var registration = ZCRXRegistration(area: area, ring: region, entries: refillEntries)
        try SystemCallError.check(
            registration.register(with: ring.descriptor), "io_uring_register(IORING_REGISTER_ZCRX_IFQ, NODEV)",
            hint: "zcrx without a network device needs Linux 7.2 and CAP_NET_ADMIN")
        let answer = registration.queue
        let layout = RingLayout(
            zcrxHead: answer.offsets.head, tail: answer.offsets.tail, rqes: answer.offsets.entries,
            entries: answer.entries)
        let memory: MappedRingMemory<RefillEntry>
        do throws(LayoutError) {
            memory = try MappedRingMemory(region, layout: layout)
        } catch {
            throw SystemCallError("IORING_REGISTER_ZCRX_IFQ", errno: EBADMSG, hint: "its refill ring: \(error)")
        }
        refill = ProducerRing(memory: memory)
        refillMemory = memory
        self.area = area
        identifier = answer.id
        areaToken = registration.area.token
        uring = ring.descriptor
    }

    /// The bytes that a completion is about, or nil if they are not inside the area.
    public func payload(of completion: CompletionEntry) -> UnsafeRawBufferPointer? {
        let (end, overflow) = completion.areaOffset.addingReportingOverflow(UInt64(max(completion.result, 0)))
        guard completion.result > 0, !overflow, end <= UInt64(area.byteCount) else { return nil }
        return UnsafeRawBufferPointer(start: area.base + Int(completion.areaOffset), count: Int(completion.result))
    }

    /// The entry that gives a completion's buffer back.
    public func refillEntry(for completion: CompletionEntry) -> RefillEntry {
        RefillEntry(
            offset: completion.areaOffset | areaToken, length: UInt32(truncatingIfNeeded: max(completion.result, 0)))
    }

    /// Makes the kernel take what is in the refill ring, `ZCRX_CTRL_FLUSH_RQ`.
    ///
    /// - Throws: `SystemCallError`.
    public borrowing func flush() throws(SystemCallError) {
        try SystemCallError.check(
            Self.control(CTR_ZCRX_FLUSH, of: identifier, in: uring).result, "io_uring_register(ZCRX_CTRL_FLUSH_RQ)")
    }

    /// One `IORING_REGISTER_ZCRX_CTRL`.
    ///
    /// - Returns: 0 or -errno, and the descriptor that an export made.
    public static func control(
        _ operation: ctr_zcrx_control_operation, of identifier: UInt32, in uring: CInt
    ) -> (result: CInt, descriptor: CInt) {
        var control = ctr_zcrx_control()
        control.id = identifier
        control.operation = operation.rawValue
        let result = ctr_zcrx_register(uring, CTR_ZCRX_CONTROL.rawValue, &control, 0)
        return (result, CInt(bitPattern: control.descriptor))
    }
}
