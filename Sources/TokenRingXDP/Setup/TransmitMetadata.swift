import TokenRing

/// What a sender may ask of the kernel or NIC for one packet: `struct xsk_tx_metadata`, in front of the packet's bytes.
///
/// It takes Linux 6.11 and a UMEM made with `TransmitMetadata.Support`. The descriptor needs `XDPDescriptor.metadata` in its
/// options. Which requests a driver serves in zero-copy mode is in the netdev family's `xsk-features`; in copy mode it is the
/// checksum, and only where the UMEM says `.softwareChecksum` or the device computes it.
public struct TransmitMetadata: Sendable {
    /// How a UMEM is made for it.
    public enum Support: Hashable, Sendable {
        /// No metadata.
        case none
        /// Metadata; checksums are the device's.
        case device
        /// Metadata; in copy mode the kernel computes checksums itself (`XDP_UMEM_TX_SW_CSUM`). For tests: it is slow.
        case softwareChecksum
    }

    /// Bytes that lie before the packet's first.
    public static let byteCount: UInt32 = 24

    private static let requestTimestamp: UInt64 = 1 << 0
    private static let requestChecksum: UInt64 = 1 << 1

    /// Asks for an Internet checksum over the packet's bytes from `start` to its end, stored at `start + offset`.
    ///
    /// - Parameter packet: the packet's first byte; `byteCount` bytes before it are written.
    public static func requestChecksum(from start: UInt16, at offset: UInt16, of packet: UnsafeMutableRawPointer) {
        let metadata = packet - Int(byteCount)
        metadata.storeBytes(of: requestChecksum, as: UInt64.self)
        metadata.storeBytes(of: start, toByteOffset: 8, as: UInt16.self)
        metadata.storeBytes(of: offset, toByteOffset: 10, as: UInt16.self)
        metadata.storeBytes(of: 0, toByteOffset: 16, as: UInt64.self)
    }

    /// Asks when the packet was sent; the answer is there when its frame is back in COMPLETION.
    public static func requestTimestamp(of packet: UnsafeMutableRawPointer) {
        let metadata = packet - Int(byteCount)
        metadata.storeBytes(of: requestTimestamp, as: UInt64.self)
        metadata.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
        metadata.storeBytes(of: 0, toByteOffset: 16, as: UInt64.self)
    }

    /// The NIC's time at which it sent the packet, in nanoseconds of its clock; 0 if it gave none.
    public static func timestamp(of packet: UnsafeRawPointer) -> UInt64 {
        (packet - Int(byteCount)).load(fromByteOffset: 8, as: UInt64.self)
    }
}

extension XDPDescriptor {
    /// `XDP_PKT_CONTD`: the packet goes on in the next descriptor.
    public static let continues: UInt32 = 1 << 0
    /// `XDP_TX_METADATA`: `TransmitMetadata` lies in front of the packet.
    public static let metadata: UInt32 = 1 << 1

    /// Whether the packet goes on in the next descriptor.
    @inlinable @inline(__always)
    public var continues: Bool { options & Self.continues != 0 }
}
