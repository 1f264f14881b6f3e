import CTokenRing

// Entries of the rings that exist, as plain bits. Layout assertions are in TokenRingTests.

/// `struct token_ring_frag`: one received fragment, 32 bytes.
public typealias FragDescriptor = token_ring_frag

/// `struct token_ring_range`, the layout of `struct dmabuf_token`: tokens to return, 8 bytes.
public typealias TokenRange = token_ring_range

/// Entry of AF_XDP's FILL and COMPLETION rings: byte offset into the UMEM.
public typealias UMEMAddress = UInt64

/// Entry of AF_XDP's RX and TX rings, `struct xdp_desc` of linux/if_xdp.h, 16 bytes.
@frozen
public struct XDPDescriptor: Hashable, Sendable, BitwiseCopyable {
    /// Byte offset of the packet in the UMEM.
    public var address: UInt64
    /// Bytes of the packet.
    public var length: UInt32
    /// `XDP_PKT_CONTD`, `XDP_TX_METADATA`.
    public var options: UInt32

    /// A descriptor of `length` bytes at `address`.
    @inlinable
    public init(address: UInt64, length: UInt32, options: UInt32 = 0) {
        self.address = address
        self.length = length
        self.options = options
    }
}
