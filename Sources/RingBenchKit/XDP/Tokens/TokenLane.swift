import RingKernelModel
import TokenRing

/// What is for one consumer: the packets of a pass as the kernel wrote their descriptors, and what became of those before. Plain
/// pointers, nothing to retain.
struct TokenLane {
    /// Whom it is for; the receiver keeps it.
    let socket: Unmanaged<Socket>
    private let descriptors: UnsafeMutablePointer<XDPDescriptor>
    private var count = 0
    /// Where the packets that the socket took lie.
    private(set) var addresses = AddressDigest()
    /// Packets that the socket took.
    private(set) var delivered: UInt64 = 0
    /// Bytes of the packets, taken or refused.
    private(set) var bytes: UInt64 = 0
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
    }

    /// What is in it.
    var packets: UnsafeBufferPointer<XDPDescriptor> { UnsafeBufferPointer(start: descriptors, count: count) }

    /// None is left in it.
    mutating func empty() { count = 0 }

    /// Books what became of packets for its socket.
    ///
    /// - Parameter taken: how many the socket took, from the front.
    @inline(__always)
    mutating func book(_ packets: UnsafeBufferPointer<XDPDescriptor>, taken: Int) {
        for position in 0..<taken {
            bytes &+= UInt64(packets[position].length)
            addresses.add(packets[position].address)
        }
        delivered &+= UInt64(truncatingIfNeeded: taken)
        for position in taken..<packets.count {
            bytes &+= UInt64(packets[position].length)
            refused &+= 1
        }
    }
}
