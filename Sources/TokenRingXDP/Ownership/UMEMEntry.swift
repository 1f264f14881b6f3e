import TokenRing

/// What the rings of a socket hold: something that names a place in the UMEM.
public protocol UMEMEntry: BitwiseCopyable {
    /// The address as the kernel reads it.
    var umemAddress: UInt64 { get }
}

extension UMEMAddress: UMEMEntry {
    /// Itself.
    @inlinable @inline(__always)
    public var umemAddress: UInt64 { self }
}

extension XDPDescriptor: UMEMEntry {
    /// The packet's address.
    @inlinable @inline(__always)
    public var umemAddress: UInt64 { address }
}

#if DEBUG
    /// The memory of a socket's rings. In a debug build every entry that crosses is booked in the UMEM's `FrameOwnership`.
    public typealias SocketRingMemory<Entry: UMEMEntry> = OwnedRingMemory<Entry>
#else
    /// The memory of a socket's rings. In a debug build every entry that crosses is booked in the UMEM's `FrameOwnership`.
    public typealias SocketRingMemory<Entry: UMEMEntry> = MappedRingMemory<Entry>
#endif
