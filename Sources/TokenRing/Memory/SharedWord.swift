import Synchronization

/// One 32-bit word of a shared mapping. The only place where raw memory is bound to an atomic.
@frozen
public struct SharedWord: @unchecked Sendable {
    @usableFromInline let cell: UnsafeMutablePointer<Atomic<UInt32>>

    /// The word at `address`, which must be 4-byte aligned and mapped as long as the value is used.
    @inlinable
    public init(at address: UnsafeMutableRawPointer) {
        cell = address.assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// The word's address, for a futex.
    @inlinable
    public var address: UnsafePointer<UInt32> {
        UnsafeRawPointer(cell).assumingMemoryBound(to: UInt32.self)
    }

    /// Reads with acquire ordering.
    @inlinable @inline(__always)
    public func loadAcquire() -> UInt32 { cell.pointee.load(ordering: .acquiring) }

    /// Reads with no ordering.
    @inlinable @inline(__always)
    public func loadRelaxed() -> UInt32 { cell.pointee.load(ordering: .relaxed) }

    /// Writes with no ordering.
    @inlinable @inline(__always)
    public func storeRelaxed(_ value: UInt32) { cell.pointee.store(value, ordering: .relaxed) }

    /// Writes with release ordering.
    @inlinable @inline(__always)
    public func storeRelease(_ value: UInt32) { cell.pointee.store(value, ordering: .releasing) }
}
