import CTokenRing
import Testing
import TokenRing

/// Entries are shared with C code and with the kernel: size, stride, alignment and every offset are the ABI.
@Suite("Entry layout")
struct EntryLayoutTests {
    @Test("a fragment is 32 bytes, its fields where token_ring.h has them")
    func fragment() {
        #expect(MemoryLayout<FragDescriptor>.size == 32)
        #expect(MemoryLayout<FragDescriptor>.stride == 32)
        #expect(MemoryLayout<FragDescriptor>.alignment == 8)
        #expect(MemoryLayout<FragDescriptor>.offset(of: \.frag_offset) == 0)
        #expect(MemoryLayout<FragDescriptor>.offset(of: \.frag_size) == 8)
        #expect(MemoryLayout<FragDescriptor>.offset(of: \.frag_token) == 12)
        #expect(MemoryLayout<FragDescriptor>.offset(of: \.socket_cookie) == 16)
        #expect(MemoryLayout<FragDescriptor>.offset(of: \.flags) == 24)
        #expect(MemoryLayout<FragDescriptor>.offset(of: \.reserved) == 28)
        #expect(RingKind.delivery.entryBytes == 32)
    }

    @Test("a token range is 8 bytes, the layout of struct dmabuf_token")
    func range() {
        #expect(MemoryLayout<TokenRange>.size == 8)
        #expect(MemoryLayout<TokenRange>.stride == 8)
        #expect(MemoryLayout<TokenRange>.alignment == 4)
        #expect(MemoryLayout<TokenRange>.offset(of: \.token_start) == 0)
        #expect(MemoryLayout<TokenRange>.offset(of: \.token_count) == 4)
        #expect(RingKind.returning.entryBytes == 8)
    }

    @Test("an XDP descriptor has the layout of struct xdp_desc")
    func xdpDescriptor() {
        #expect(MemoryLayout<XDPDescriptor>.size == 16)
        #expect(MemoryLayout<XDPDescriptor>.stride == 16)
        #expect(MemoryLayout<XDPDescriptor>.alignment == 8)
        #expect(MemoryLayout<XDPDescriptor>.offset(of: \.address) == 0)
        #expect(MemoryLayout<XDPDescriptor>.offset(of: \.length) == 8)
        #expect(MemoryLayout<XDPDescriptor>.offset(of: \.options) == 12)
        #expect(MemoryLayout<UMEMAddress>.stride == 8)
    }

    @Test("a refill entry has the layout of struct io_uring_zcrx_rqe")
    func refillEntry() {
        #expect(MemoryLayout<RefillEntry>.size == 16)
        #expect(MemoryLayout<RefillEntry>.stride == 16)
        #expect(MemoryLayout<RefillEntry>.offset(of: \.offset) == 0)
        #expect(MemoryLayout<RefillEntry>.offset(of: \.length) == 8)
        #expect(MemoryLayout<RefillEntry>.offset(of: \.padding) == 12)
    }

    @Test("the header of a region is 960 bytes, its fields where token_ring.h has them")
    func regionHeader() {
        #expect(MemoryLayout<token_ring_layout>.size == 56)
        #expect(MemoryLayout<token_ring_layout>.offset(of: \.producer) == 16)
        #expect(MemoryLayout<token_ring_layout>.offset(of: \.ring) == 48)
        #expect(MemoryLayout<token_ring_region>.size == 64 + 16 * 56)
        #expect(MemoryLayout<token_ring_region>.offset(of: \.magic) == 0)
        #expect(MemoryLayout<token_ring_region>.offset(of: \.version) == 4)
        #expect(MemoryLayout<token_ring_region>.offset(of: \.region_bytes) == 8)
        #expect(MemoryLayout<token_ring_region>.offset(of: \.features) == 16)
        #expect(MemoryLayout<token_ring_region>.offset(of: \.header_bytes) == 24)
        #expect(MemoryLayout<token_ring_region>.offset(of: \.ring_count) == 28)
        #expect(MemoryLayout<token_ring_region>.offset(of: \.reserved) == 32)
        #expect(MemoryLayout<token_ring_region>.offset(of: \.rings) == 64)
    }
}
