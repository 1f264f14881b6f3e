/// How a UMEM is cut into frames.
///
/// In aligned mode the kernel knows the frames: chunks of a power of two. In unaligned mode
/// (`XDP_UMEM_UNALIGNED_CHUNK_FLAG`) a frame may begin anywhere and a packet may lie across any boundary; `chunkBytes` is then
/// how much the kernel writes at most, and the frames are as this type numbers them. Take an even size if you send from them:
/// Linux 6.18 gives an odd address back through COMPLETION without its lowest bit.
@frozen
public struct FrameGeometry: Hashable, Sendable {
    /// Bytes of a frame: 2048 or 4096; in unaligned mode anything between (net/xdp/xdp_umem.c).
    public let chunkBytes: UInt32
    /// Number of frames.
    public let frameCount: UInt32
    /// Bytes that the kernel leaves free before each packet, on top of its own 256.
    public let headroomBytes: UInt32
    /// Whether frames may begin anywhere.
    public let isUnaligned: Bool
    /// What `frameAddress` keeps of an address.
    @usableFromInline let addressMask: UInt64

    /// `XDP_PACKET_HEADROOM`: what the kernel itself keeps free before each packet.
    public static let kernelHeadroomBytes: UInt32 = 256

    /// Checks and makes a geometry. The UMEM has `chunkBytes * frameCount` bytes.
    ///
    /// - Throws: `XDPError.configuration`, naming the field.
    public init(
        chunkBytes: UInt32 = 4096, frameCount: UInt32 = 4096, headroomBytes: UInt32 = 0, isUnaligned: Bool = false
    ) throws(XDPError) {
        guard isUnaligned ? (2048...4096).contains(chunkBytes) : chunkBytes == 2048 || chunkBytes == 4096 else {
            throw .configuration(
                field: "frame size", value: UInt64(chunkBytes),
                reason: isUnaligned
                    ? "it must be 2048 to 4096 bytes"
                    : "it must be 2048 or 4096 bytes; sizes between take unaligned mode")
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
        self.isUnaligned = isUnaligned
        addressMask = isUnaligned ? Self.unalignedBase : ~UInt64(chunkBytes - 1)
    }

    /// Most frames that a UMEM may have here; 16 GiB of 4096-byte frames.
    public static let mostFrames: UInt32 = 1 << 22

    /// `XSK_UNALIGNED_BUF_ADDR_MASK`: in unaligned mode the kernel keeps the posted address in the low 48 bits of what it
    /// hands out and puts the packet's offset from there above them.
    @usableFromInline static let unalignedBase: UInt64 = (1 << 48) - 1

    /// Bytes of the whole UMEM.
    @inlinable
    public var byteCount: Int { Int(chunkBytes) * Int(frameCount) }

    /// Longest packet that fits into one frame, in bytes.
    @inlinable
    public var mostPacketBytes: UInt32 { chunkBytes - Self.kernelHeadroomBytes - headroomBytes }

    /// Start of the frame that `address` lies in: what FILL takes back. RX addresses include the headroom; in unaligned mode
    /// it is the address as it was posted.
    @inlinable @inline(__always)
    public func frameAddress(of address: UInt64) -> UInt64 { address & addressMask }

    /// Where in the UMEM a packet's bytes begin. In aligned mode that is the address itself.
    @inlinable @inline(__always)
    public func byteOffset(of address: UInt64) -> UInt64 { (address & Self.unalignedBase) &+ address >> 48 }

    /// Number of the frame that `address` lies in; not below `frameCount` if the address is outside the UMEM.
    @inlinable @inline(__always)
    public func frameNumber(of address: UInt64) -> UInt64 {
        guard isUnaligned else { return address >> UInt64(chunkBytes.trailingZeroBitCount) }
        return (address & Self.unalignedBase) / UInt64(chunkBytes)
    }

    /// Start of a frame.
    @inlinable @inline(__always)
    public func address(ofFrame number: UInt32) -> UInt64 { UInt64(number) &* UInt64(chunkBytes) }
}
