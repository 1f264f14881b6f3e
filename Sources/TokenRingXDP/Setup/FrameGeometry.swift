/// How a UMEM is cut into frames: aligned chunks of one size.
@frozen
public struct FrameGeometry: Hashable, Sendable {
    /// Bytes of a frame: 2048 or 4096, what aligned mode takes on pages of 4 KiB (net/xdp/xdp_umem.c).
    public let chunkBytes: UInt32
    /// Number of frames.
    public let frameCount: UInt32
    /// Bytes that the kernel leaves free before each packet, on top of its own 256.
    public let headroomBytes: UInt32

    /// `XDP_PACKET_HEADROOM`: what the kernel itself keeps free before each packet.
    public static let kernelHeadroomBytes: UInt32 = 256

    /// Checks and makes a geometry. The UMEM has `chunkBytes * frameCount` bytes.
    ///
    /// - Throws: `XDPError.configuration`, naming the field.
    public init(chunkBytes: UInt32 = 4096, frameCount: UInt32 = 4096, headroomBytes: UInt32 = 0) throws(XDPError) {
        guard chunkBytes == 2048 || chunkBytes == 4096 else {
            throw .configuration(
                field: "frame size", value: UInt64(chunkBytes), reason: "it must be 2048 or 4096 bytes")
        }
        guard frameCount > 0, frameCount <= Self.mostFrames else {
            throw .configuration(
                field: "frame count", value: UInt64(frameCount), reason: "it must be 1 to \(Self.mostFrames)")
        }
        guard headroomBytes < chunkBytes - Self.kernelHeadroomBytes else {
            throw .configuration(
                field: "headroom", value: UInt64(headroomBytes),
                reason: "no byte of a \(chunkBytes)-byte frame would be left for the packet")
        }
        self.chunkBytes = chunkBytes
        self.frameCount = frameCount
        self.headroomBytes = headroomBytes
    }

    /// Most frames that a UMEM may have here; 16 GiB of 4096-byte frames.
    public static let mostFrames: UInt32 = 1 << 22

    /// Bytes of the whole UMEM.
    @inlinable
    public var byteCount: Int { Int(chunkBytes) * Int(frameCount) }

    /// Longest packet that fits into one frame, in bytes.
    @inlinable
    public var mostPacketBytes: UInt32 { chunkBytes - Self.kernelHeadroomBytes - headroomBytes }

    /// Start of the frame that `address` lies in: what FILL takes back. RX addresses include the headroom.
    @inlinable @inline(__always)
    public func frameAddress(of address: UInt64) -> UInt64 { address & ~UInt64(chunkBytes &- 1) }

    /// Number of the frame that `address` lies in; not below `frameCount` if the address is outside the UMEM.
    @inlinable @inline(__always)
    public func frameNumber(of address: UInt64) -> UInt64 { address >> UInt64(chunkBytes.trailingZeroBitCount) }

    /// Start of a frame.
    @inlinable @inline(__always)
    public func address(ofFrame number: UInt32) -> UInt64 { UInt64(number) &* UInt64(chunkBytes) }
}
