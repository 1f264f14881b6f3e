import TokenRing

/// What user space does to the rings of two sockets, right or wrong.
enum TraceStep: Sendable, CustomStringConvertible {
    /// Writes addresses into the receiver's FILL and publishes them.
    case post([UInt64])
    /// Writes descriptors into the sender's TX and publishes them.
    case queue([XDPDescriptor])
    /// sendto on the sender's socket.
    case send
    /// Moves a shared index of user space, on by how much, with nothing written or read.
    case move(Ring, by: UInt32)

    /// A ring with an index of user space's.
    enum Ring: String, CaseIterable, Sendable {
        case fill = "FILL"
        case receive = "RX"
        case transmit = "TX"
        case completion = "COMPLETION"
    }

    var description: String {
        switch self {
        case .post(let addresses): "post \(addresses)"
        case .queue(let descriptors):
            "queue \(descriptors.map { "\($0.address)+\($0.length)" + ($0.options == 0 ? "" : " options \($0.options)") })"
        case .send: "send"
        case .move(let ring, let count): "move \(ring.rawValue) by \(Int32(bitPattern: count))"
        }
    }
}

/// The sizes of a trace; small, so that every ring fills up and wraps.
enum TraceSizes {
    static let chunkBytes: UInt32 = 4096
    static let frames: UInt32 = 16
    static let fill: UInt32 = 8
    static let receive: UInt32 = 4
    static let transmit: UInt32 = 64
    static let completion: UInt32 = 64
    /// What veth forwards at an MTU of 1500: that, an Ethernet header and a VLAN tag.
    static let longestOnWire: UInt32 = 1518
    static let umemBytes = UInt64(chunkBytes) * UInt64(frames)
}
