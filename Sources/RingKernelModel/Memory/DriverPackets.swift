import Synchronization
import TokenRing

/// Packets as a driver's descriptors name them, each in a buffer that was posted. Plain pointers, nothing to retain.
public struct DriverPackets {
    private let descriptors: UnsafePointer<XDPDescriptor>?
    let count: Int
    private let niovs: UnsafePointer<NetIOVTable>

    @inline(__always)
    init(_ descriptors: UnsafeBufferPointer<XDPDescriptor>, of binding: Binding) {
        self.init(descriptors.baseAddress, descriptors.count, UnsafePointer(binding.pool.table))
    }

    @inline(__always)
    private init(_ descriptors: UnsafePointer<XDPDescriptor>?, _ count: Int, _ niovs: UnsafePointer<NetIOVTable>) {
        self.descriptors = descriptors
        self.count = count
        self.niovs = niovs
    }

    /// Those behind the first `first`, which there are.
    @inline(__always)
    func dropFirst(_ first: Int) -> DriverPackets {
        DriverPackets(descriptors.map { $0 + first }, count &- first, niovs)
    }

    /// Takes one from the driver: its buffer is no longer posted, and the caller has the pool reference. The net_iov itself was
    /// last touched a round of all buffers ago; it is fetched for whoever takes the buffer back, and not waited for. `position`
    /// is below `count`.
    ///
    /// - Returns: nil if the descriptor names no posted buffer, or more than it holds.
    @inline(__always)
    func take(_ position: Int) -> DriverPacket? {
        let descriptor = descriptors.unsafelyUnwrapped[position]
        let index = descriptor.address &>> niovs.pointee.shift
        let offset = descriptor.address & (niovs.pointee.bytes &- 1)
        guard index < UInt64(truncatingIfNeeded: niovs.pointee.count),
            offset &+ UInt64(descriptor.length) <= niovs.pointee.bytes
        else { return nil }
        let isPosted = niovs.pointee.isPosted + Int(truncatingIfNeeded: index)
        guard isPosted.pointee else { return nil }
        isPosted.pointee = false
        let packet = self[position]
        niov(packet).prefetch()
        return packet
    }

    /// The driver has the buffer of one that was taken, and the pool reference, once more.
    func untake(_ position: Int) { niovs.pointee.isPosted[Int(self[position].niovIndex)] = true }

    /// One that was taken.
    @inline(__always)
    subscript(_ position: Int) -> DriverPacket {
        let descriptor = descriptors.unsafelyUnwrapped[position]
        return DriverPacket(
            niovIndex: NetIOVIndex(truncatingIfNeeded: descriptor.address &>> niovs.pointee.shift),
            dmabufOffset: descriptor.address, size: descriptor.length)
    }

    /// The packet's buffer.
    @inline(__always)
    func niov(_ packet: DriverPacket) -> NetIOVPointer { niovs.pointee[packet.niovIndex] }

    /// The packet as the fragment of an skb, which has the pool reference.
    func frag(_ packet: DriverPacket) -> Frag {
        let start = niov(packet).pointee.dmabufOffset
        return Frag(
            niov: niov(packet), offset: UInt32(truncatingIfNeeded: packet.dmabufOffset &- start), size: packet.size)
    }
}

/// A packet that was taken from the driver, with the only pool reference to its buffer.
struct DriverPacket: BitwiseCopyable {
    let niovIndex: NetIOVIndex
    /// Byte offset in the dmabuf.
    let dmabufOffset: UInt64
    /// Bytes.
    let size: UInt32

    /// The pool reference goes to the first token in `counter`.
    ///
    /// With one reference in all no token is out, and only a receive makes one: nobody else writes the counter, since a stray
    /// return leaves a 0 alone. So a store will do.
    @inline(__always)
    func passReference(to counter: borrowing Atomic<Int32>) { counter.store(1, ordering: .releasing) }
}
