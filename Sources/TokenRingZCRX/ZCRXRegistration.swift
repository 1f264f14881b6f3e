import CTokenRing
import Glibc
import TokenRing

/// What an area of payload memory and its refill ring are registered with: `struct io_uring_zcrx_ifq_reg` and what it points to.
///
/// The fields are the kernel's own and may be set to anything: what the kernel makes of nonsense is a test.
public struct ZCRXRegistration {
    /// The payload's memory.
    public var area = ctr_zcrx_area()
    /// The refill ring's memory.
    public var region = ctr_zcrx_region()
    /// The rest.
    public var queue = ctr_zcrx_registration()
    /// Whether `queue.area` is filled in.
    public var hasArea = true
    /// Whether `queue.region` is filled in.
    public var hasRegion = true

    /// Without a network device: the kernel copies what a socket receives into `area`.
    public init(area: Mapping, ring: Mapping, entries: UInt32) {
        self.area.address = UInt64(UInt(bitPattern: area.base))
        self.area.length = UInt64(area.byteCount)
        region.address = UInt64(UInt(bitPattern: ring.base))
        region.size = UInt64(ring.byteCount)
        region.flags = CTR_ZCRX_USER_MEMORY.rawValue
        queue.entries = entries
        queue.flags = CTR_ZCRX_NODEV.rawValue
    }

    /// What another io_uring registered and exported as `descriptor`.
    public init(importing descriptor: CInt) {
        hasArea = false
        hasRegion = false
        queue.flags = CTR_ZCRX_IMPORT.rawValue
        queue.interface = UInt32(bitPattern: descriptor)
    }

    /// Registers with the io_uring `descriptor`; -1 for none. What the kernel answers is in the fields.
    ///
    /// - Returns: 0 or -errno.
    public mutating func register(with descriptor: CInt) -> CInt {
        withUnsafeMutablePointer(to: &area) { area in
            withUnsafeMutablePointer(to: &region) { region in
                queue.area = hasArea ? UInt64(UInt(bitPattern: area)) : 0
                queue.region = hasRegion ? UInt64(UInt(bitPattern: region)) : 0
                return ctr_zcrx_register(descriptor, CTR_ZCRX_REGISTER_IFQ.rawValue, &queue, 1)
            }
        }
    }

    /// Bytes of a refill ring's region: header and entries, whole pages.
    public static func ringBytes(entries: UInt32, headerBytes: Int) -> Int {
        (headerBytes + Int(entries) * MemoryLayout<RefillEntry>.stride + 4095) & ~4095
    }
}
