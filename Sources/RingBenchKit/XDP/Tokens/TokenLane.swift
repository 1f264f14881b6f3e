import RingKernelModel
import TokenRing

/// What is for one consumer: the packets of a pass as the kernel wrote their descriptors, and what became of those before. Plain
/// pointers, nothing to retain.
struct TokenLane {
    /// Whom it is for; the receiver keeps it.
    let socket: Unmanaged<Socket>
    private let descriptors: UnsafeMutablePointer<XDPDescriptor>
    private var count = 0
    /// Where the packets that the socket took, and those of this pass, lie.
    private(set) var addresses = AddressDigest()
    /// Packets that the socket took.
    private(set) var delivered: UInt64 = 0
    /// Packets that the socket refused: closed, or no room in its ring and queue.
    private(set) var refused: UInt64 = 0
    /// Whether it got packets and may have to be woken.
    var mayWake = false

    /// An empty lane with room for `capacity` packets.
    init(for socket: Socket, capacity: Int) {
        self.socket = .passUnretained(socket)
        descriptors = .allocate(capacity: capacity)
    }

    /// The last use.
    func destroy() { descriptors.deallocate() }

    @inline(__always)
    mutating func append(_ packet: XDPDescriptor) {
        descriptors[count] = packet
        count &+= 1
        addresses.add(packet.address)
    }

    /// What is in it.
    @inline(__always)
    var packets: UnsafeBufferPointer<XDPDescriptor> { UnsafeBufferPointer(start: descriptors, count: count) }

    /// The socket took the first `taken` packets; none is left here.
    @inline(__always)
    mutating func empty(taken: Int) {
        delivered &+= UInt64(truncatingIfNeeded: taken)
        while count > taken {
            count &-= 1
            addresses.removeLast(descriptors[count].address)
            refused &+= 1
        }
        count = 0
    }
}
