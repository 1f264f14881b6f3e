import CTokenRing

/// What a ring is for, `enum token_ring_kind`. The kind decides what an entry is.
public enum RingKind: UInt32, Sendable, CaseIterable {
    /// Kernel to user: `FragDescriptor`.
    case delivery = 1
    /// User to kernel: `TokenRange`.
    case returning = 2

    /// Bytes of one entry.
    public var entryBytes: Int {
        switch self {
        case .delivery: MemoryLayout<FragDescriptor>.stride
        case .returning: MemoryLayout<TokenRange>.stride
        }
    }

    /// Alignment of one entry in bytes.
    var entryAlignment: Int {
        switch self {
        case .delivery: MemoryLayout<FragDescriptor>.alignment
        case .returning: MemoryLayout<TokenRange>.alignment
        }
    }
}

/// A ring that a region is to have.
public struct RingSpecification: Hashable, Sendable {
    /// What it is for.
    public var kind: RingKind
    /// Number of entries: a power of two.
    public var capacity: UInt32
    /// Where both indices start. Other than 0 only to reach the wrap at 2^32 early, in tests.
    public var startIndex: UInt32
    /// How entries are published: the same for all rings of a region.
    public var publication: RingPublication

    /// A ring of `capacity` entries.
    public init(
        _ kind: RingKind, capacity: UInt32, startIndex: UInt32 = 0, publication: RingPublication = .index
    ) {
        self.kind = kind
        self.capacity = capacity
        self.startIndex = startIndex
        self.publication = publication
    }
}

/// Which end of a ring.
public enum RingRole: String, Sendable {
    case producer, consumer
}

/// Why a region could not be made or attached.
public enum RegionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A call failed.
    case system(SystemCallError)
    /// The header holds something that this version does not know, or that is not what was asked for; the field, its value
    /// and what would be right.
    case header(field: String, value: UInt64, reason: String)
    /// One ring's place in the mapping cannot be used.
    case layout(ring: Int, LayoutError)
    /// There is no such ring.
    case noSuchRing(Int, reason: String)
    /// This process already holds that end of that ring: a ring has one producer and one consumer (R23).
    case roleTaken(ring: Int, RingRole)
    /// Somebody who lives has claimed it.
    case roleHeld(ring: Int, RingRole)

    /// One sentence.
    public var description: String {
        switch self {
        case .system(let error): "\(error)"
        case .header(let field, let value, let reason): "region header: \(field) is \(value): \(reason)"
        case .layout(let ring, let error): "ring \(ring): \(error)"
        case .noSuchRing(let ring, let reason): "ring \(ring): \(reason)"
        case .roleTaken(let ring, let role): "ring \(ring): its \(role.rawValue) is already held by this process"
        case .roleHeld(let ring, let role):
            "ring \(ring): its \(role.rawValue) is claimed by somebody who lives; wait for its end (PeerLife)"
        }
    }
}
