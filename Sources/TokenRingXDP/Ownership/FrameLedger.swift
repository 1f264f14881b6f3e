/// Who has each frame of a UMEM: the kernel or the application. It finds the frame that came twice or went twice.
///
/// AF_XDP does not check this: a frame that is given back twice silently corrupts packets. One byte per frame; every
/// operation is O(1) and allocates nothing. Not for more than one thread.
@frozen
public struct FrameLedger: ~Copyable {
    @usableFromInline let held: UnsafeMutablePointer<UInt8>
    @usableFromInline let frameCount: UInt64

    /// A ledger of `frameCount` frames, all of the application.
    @inlinable
    public init(frameCount: UInt32) {
        held = .allocate(capacity: Int(frameCount))
        held.initialize(repeating: 0, count: Int(frameCount))
        self.frameCount = UInt64(frameCount)
    }

    /// The application hands frame `number` to the kernel. False, and nothing changes, if it does not have it.
    @inlinable @inline(__always)
    public borrowing func give(_ number: UInt64) -> Bool {
        guard number < frameCount, held[Int(truncatingIfNeeded: number)] == 0 else { return false }
        held[Int(truncatingIfNeeded: number)] = 1
        return true
    }

    /// The kernel hands frame `number` to the application. False, and nothing changes, if it does not have it.
    @inlinable @inline(__always)
    public borrowing func take(_ number: UInt64) -> Bool {
        guard number < frameCount, held[Int(truncatingIfNeeded: number)] == 1 else { return false }
        held[Int(truncatingIfNeeded: number)] = 0
        return true
    }

    /// Frames that the kernel has. O(frames).
    public borrowing func kernelFrames() -> UInt32 {
        UnsafeBufferPointer(start: held, count: Int(frameCount)).reduce(0) { $0 + UInt32($1) }
    }

    @inlinable
    deinit { held.deallocate() }
}
