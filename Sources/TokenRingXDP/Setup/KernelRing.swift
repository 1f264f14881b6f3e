import CXDP
import Glibc
import TokenRing

/// Frames for the kernel to receive into; user space produces.
public typealias FillRing = ProducerRing<SocketRingMemory<UMEMAddress>>
/// Frames that the kernel has sent; user space consumes.
public typealias CompletionRing = ConsumerRing<SocketRingMemory<UMEMAddress>>
/// Packets that the kernel has received; user space consumes.
public typealias ReceiveRing = ConsumerRing<SocketRingMemory<XDPDescriptor>>
/// Packets to send; user space produces.
public typealias TransmitRing = ProducerRing<SocketRingMemory<XDPDescriptor>>

/// One of the four rings of a socket, which differ in nothing but who consumes.
enum KernelRing: CInt, Sendable {
    case fill, completion, receive, transmit

    /// As errors name it.
    var name: String {
        switch self {
        case .fill: "FILL"
        case .completion: "COMPLETION"
        case .receive: "RX"
        case .transmit: "TX"
        }
    }

    /// The socket option that makes it.
    private var option: CInt {
        switch self {
        case .fill: XDP_UMEM_FILL_RING
        case .completion: XDP_UMEM_COMPLETION_RING
        case .receive: XDP_RX_RING
        case .transmit: XDP_TX_RING
        }
    }

    /// Where mmap finds it: `XDP_PGOFF_RX_RING` and the others, which Swift cannot import.
    private var mappingOffset: Int {
        switch self {
        case .receive: 0
        case .transmit: 0x8000_0000
        case .fill: 0x1_0000_0000
        case .completion: 0x1_8000_0000
        }
    }

    /// The kernel sets the flags word only where it is the consumer.
    private var kernelConsumes: Bool { self == .fill || self == .transmit }

    /// Makes the ring on a socket that is not bound yet.
    func make(on socket: OwnedDescriptor, entries: UInt32) throws(XDPError) {
        try checkRingCapacity("\(name) ring", entries)
        try SocketOption.set(option, of: socket, to: entries, "\(name) ring", hint: "\(entries) entries")
    }

    /// Maps the ring. The layout is the kernel's word (`XDP_MMAP_OFFSETS`) and checked before any access; it differs between
    /// kernels.
    func map<Entry: UMEMEntry>(
        on socket: OwnedDescriptor, entries: UInt32, ownership: FrameOwnership?, of _: Entry.Type = Entry.self
    ) throws(XDPError) -> SocketRingMemory<Entry> {
        let offsets = try Self.offsets(of: socket)
        let offset =
            switch self {
            case .receive: offsets.rx
            case .transmit: offsets.tx
            case .fill: offsets.fr
            case .completion: offsets.cr
            }
        let layout = RingLayout(
            producer: offset.producer, consumer: offset.consumer, consumerFlags: kernelConsumes ? offset.flags : nil,
            entries: offset.desc, entryStride: UInt32(MemoryLayout<Entry>.stride), capacity: entries)
        let mapping: Mapping
        do throws(SystemCallError) {
            mapping = try Mapping(
                of: socket, byteCount: Int(offset.desc) + Int(entries) * MemoryLayout<Entry>.stride,
                offset: mappingOffset, populate: true)
        } catch {
            throw .system(error)
        }
        do throws(LayoutError) {
            return Self.memory(try MappedRingMemory(mapping, layout: layout), of: self, ownership)
        } catch {
            throw .ringLayout(ring: name, error)
        }
    }

    private static func offsets(of socket: OwnedDescriptor) throws(XDPError) -> xdp_mmap_offsets {
        let (offsets, length) = try SocketOption.get(XDP_MMAP_OFFSETS, of: socket, xdp_mmap_offsets())
        // Before Linux 5.4 there was no flags word and the structure was smaller.
        guard length == MemoryLayout<xdp_mmap_offsets>.size else {
            throw .system(
                SystemCallError("getsockopt(XDP_MMAP_OFFSETS)", errno: EINVAL, hint: "this needs Linux 5.4 or later"))
        }
        return offsets
    }

    /// A ring that is always empty: RX of a socket that only sends.
    static func empty() throws(XDPError) -> SocketRingMemory<XDPDescriptor> {
        let layout = RingLayout(
            producer: 0, consumer: 128, entries: 256, entryStride: UInt32(MemoryLayout<XDPDescriptor>.stride),
            capacity: 1)
        do {
            return memory(try MappedRingMemory(Mapping(anonymous: 4096), layout: layout), of: .receive, nil)
        } catch let error as SystemCallError {
            throw .system(error)
        } catch {
            throw .configuration(field: "RX ring size", value: 1, reason: "\(error)")
        }
    }

    private static func memory<Entry: UMEMEntry>(
        _ memory: MappedRingMemory<Entry>, of ring: KernelRing, _ ownership: FrameOwnership?
    ) -> SocketRingMemory<Entry> {
        #if DEBUG
            OwnedRingMemory(memory, ring: ring, ownership: ownership)
        #else
            memory
        #endif
    }
}

/// - Throws: `XDPError.configuration` unless `entries` is a power of two that a ring may have.
func checkRingCapacity(_ field: String, _ entries: UInt32) throws(XDPError) {
    guard entries > 1, entries & (entries - 1) == 0, entries <= RingLayout.mostEntries else {
        throw .configuration(
            field: "\(field) size", value: UInt64(entries),
            reason: "it must be a power of two, 2 to \(RingLayout.mostEntries) entries")
    }
}
