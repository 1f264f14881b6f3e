import CTokenRing
import TokenRing

/// What the kernel's zcrx can do, `IORING_REGISTER_QUERY` of Linux 6.18. Asking needs no privilege.
public struct ZCRXAbilities: Sendable {
    /// Flags that registration knows, `ZCRX_REG_*`.
    public let registrationFlags: UInt64
    /// How many operations `IORING_REGISTER_ZCRX_CTRL` has.
    public let controlOperations: UInt32
    /// `ZCRX_FEATURE_*`.
    public let features: UInt32
    /// Bytes of the refill ring's region before its entries.
    public let headerBytes: Int

    /// Whether it works without a network device, the kernel copying: `ZCRX_REG_NODEV`.
    public var worksWithoutDevice: Bool { registrationFlags & UInt64(CTR_ZCRX_NODEV.rawValue) != 0 }
    /// Whether a registration can be exported and imported, `ZCRX_REG_IMPORT`.
    public var canImport: Bool { registrationFlags & UInt64(CTR_ZCRX_IMPORT.rawValue) != 0 }
    /// Whether the length of the buffers can be asked for, `ZCRX_FEATURE_RX_PAGE_SIZE`.
    public var takesBufferLength: Bool { features & CTR_ZCRX_BUFFER_LENGTH.rawValue != 0 }
    /// Whether a full refill ring can be flushed, `ZCRX_CTRL_FLUSH_RQ`.
    public var canFlush: Bool { controlOperations > CTR_ZCRX_FLUSH.rawValue }

    /// Asks the kernel.
    ///
    /// - Throws: `SystemCallError`: EINVAL before Linux 6.18, EOPNOTSUPP for one without zcrx.
    public init() throws(SystemCallError) {
        var raw = ctr_zcrx_abilities()
        try SystemCallError.check(
            ctr_zcrx_query(&raw), "io_uring_register(IORING_REGISTER_QUERY, zcrx)",
            hint: "this kernel's io_uring does not say what its zcrx can do; Linux 7.2 does")
        registrationFlags = raw.registration_flags
        controlOperations = raw.control_operations
        features = raw.features
        let alignment = max(UInt64(raw.header_alignment), 1)
        headerBytes = Int((UInt64(raw.header_bytes) + alignment - 1) / alignment * alignment)
    }
}
