import CTokenRing
import Glibc
import SystemPackage
import TokenRing

/// A region as a hostile or broken peer might hand it over: any header, any size, sealed or not.
public struct ForgedRegion {
    /// The header, version included.
    public var header: token_ring_region
    /// Size of the file.
    public var byteCount: Int
    /// Whether the size is sealed.
    public var isSealed = true

    /// Starts from a copy of a valid region.
    public init(copying region: RingRegion) {
        header = region.mapping.base.load(as: token_ring_region.self)
        byteCount = region.mapping.byteCount
    }

    /// Starts from a valid region with these rings.
    public init(_ specifications: [RingSpecification]) throws(RegionError) {
        self.init(copying: try RingRegion.create(specifications))
    }

    /// Changes the place of one ring.
    public mutating func changeRing(_ number: Int, _ change: (inout token_ring_layout) -> Void) {
        withUnsafeMutableBytes(of: &header.rings) { bytes in
            change(&bytes.bindMemory(to: token_ring_layout.self)[number])
        }
    }

    /// The memfd that a peer would receive.
    public func descriptor() throws(SystemCallError) -> OwnedDescriptor {
        let owned = try OwnedDescriptor(ctr_memfd_create_sealable("forged"), of: "memfd_create")
        let raw = owned.descriptor.rawValue
        guard ftruncate(raw, byteCount) == 0 else { throw SystemCallError("ftruncate", errno: errno) }
        let written = withUnsafeBytes(of: header) { pwrite(raw, $0.baseAddress, min($0.count, byteCount), 0) }
        guard written >= 0 else { throw SystemCallError("pwrite", errno: errno) }
        if isSealed { try SystemCallError.check(ctr_seal_size(raw), "fcntl(F_ADD_SEALS)") }
        return owned
    }

    /// Attaches to it, as the victim would.
    public func attach() throws -> RingRegion {
        try RingRegion.attach(try descriptor())
    }
}
