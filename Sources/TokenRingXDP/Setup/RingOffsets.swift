import CXDP
import Glibc
import TokenRing

/// Entry of UMEM rings is an address, of RX and TX a descriptor: the four rings by their roles.
public typealias FillRing = ProducerRing<MappedRingMemory<UMEMAddress>>
/// Frames that the kernel has sent; user space consumes.
public typealias CompletionRing = ConsumerRing<MappedRingMemory<UMEMAddress>>
/// Packets that the kernel has received; user space consumes.
public typealias ReceiveRing = ConsumerRing<MappedRingMemory<XDPDescriptor>>
/// Packets to send; user space produces.
public typealias TransmitRing = ProducerRing<MappedRingMemory<XDPDescriptor>>

/// Where the kernel put the words of the four rings, `XDP_MMAP_OFFSETS`. They differ between kernels.
struct RingOffsets {
    let receive: xdp_ring_offset
    let transmit: xdp_ring_offset
    let fill: xdp_ring_offset
    let completion: xdp_ring_offset

    /// Asks the kernel.
    init(socket: CInt) throws(XDPError) {
        var offsets = xdp_mmap_offsets()
        var length = socklen_t(MemoryLayout<xdp_mmap_offsets>.size)
        guard getsockopt(socket, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) == 0 else {
            throw .system(SystemCallError("getsockopt(XDP_MMAP_OFFSETS)", errno: errno))
        }
        // Before Linux 5.4 there was no flags word and the structure was smaller.
        guard length == MemoryLayout<xdp_mmap_offsets>.size else {
            throw .system(
                SystemCallError("getsockopt(XDP_MMAP_OFFSETS)", errno: EINVAL, hint: "this needs Linux 5.4 or later"))
        }
        receive = offsets.rx
        transmit = offsets.tx
        fill = offsets.fr
        completion = offsets.cr
    }
}

/// A ring that libxdp mapped, as pointers. `xsk_ring_prod` and `xsk_ring_cons` are the same structure.
struct LibraryRing {
    let name: String
    let producer: UnsafeMutableRawPointer?
    let consumer: UnsafeMutableRawPointer?
    let flags: UnsafeMutableRawPointer?
    let entries: UnsafeMutableRawPointer?
    let capacity: UInt32

    init(_ name: String, _ ring: xsk_ring_prod) {
        self.name = name
        producer = UnsafeMutableRawPointer(ring.producer)
        consumer = UnsafeMutableRawPointer(ring.consumer)
        flags = UnsafeMutableRawPointer(ring.flags)
        entries = ring.ring
        capacity = ring.size
    }

    init(_ name: String, _ ring: xsk_ring_cons) {
        self.name = name
        producer = UnsafeMutableRawPointer(ring.producer)
        consumer = UnsafeMutableRawPointer(ring.consumer)
        flags = UnsafeMutableRawPointer(ring.flags)
        entries = ring.ring
        capacity = ring.size
    }

    /// The ring's memory for TokenRing's own code: the layout comes from the kernel, the base from libxdp's mapping, and
    /// every pointer that libxdp derived must agree with both.
    ///
    /// The flags word belongs to the kernel, and the kernel sets it only where it is the consumer: FILL and TX.
    func memory<Entry>(
        at offset: xdp_ring_offset, kernelConsumes: Bool, of _: Entry.Type
    ) throws(XDPError) -> MappedRingMemory<Entry> {
        guard let entries else { throw .ringMismatch(ring: name) }
        let base = entries - Int(offset.desc)
        guard producer == base + Int(offset.producer), consumer == base + Int(offset.consumer),
            flags == base + Int(offset.flags)
        else { throw .ringMismatch(ring: name) }
        let layout = RingLayout(
            producer: offset.producer, consumer: offset.consumer,
            consumerFlags: kernelConsumes ? offset.flags : nil,
            entries: offset.desc, entryStride: UInt32(MemoryLayout<Entry>.stride), capacity: capacity)
        let byteCount = Int(offset.desc) + Int(capacity) * MemoryLayout<Entry>.stride
        do throws(LayoutError) {
            return try MappedRingMemory(Mapping(borrowing: base, byteCount: byteCount), layout: layout)
        } catch {
            throw .ringLayout(ring: name, error)
        }
    }
}
