import SystemPackage
import TokenRing

/// A region and the doorbells of its rings, as one process makes them and another receives them: the region's descriptor
/// first, then for each ring the eventfd for entries and the one for room; none of them means futexes.
public struct SharedSetting: Sendable {
    /// The rings.
    public let region: RingRegion
    private let eventfds: [OwnedDescriptor]

    /// Makes a region with these rings.
    public init(_ specifications: [RingSpecification], withEventfds: Bool = false) throws {
        region = try RingRegion.create(specifications)
        eventfds = try withEventfds ? (0..<specifications.count * 2).map { _ in try Doorbell.makeEventfd().1 } : []
    }

    /// Receives what another process sends with `send`.
    public init(receivingFrom channel: DescriptorChannel) throws {
        let received = try channel.receive(upTo: 16)
        region = try RingRegion.attach(received[0])
        eventfds = Array(received.dropFirst())
    }

    /// Hands all of it to the process behind `channel`.
    public func send(over channel: DescriptorChannel) throws(SystemCallError) {
        try channel.send([region.descriptor] + eventfds.map(\.descriptor))
    }

    /// How the two sides of ring `number` sleep.
    public func doorbells(of number: Int) -> RingDoorbells {
        guard eventfds.count > number * 2 + 1 else { return RingDoorbells(entries: .futex, room: .futex) }
        return RingDoorbells(
            entries: .eventfd(eventfds[number * 2].descriptor), room: .eventfd(eventfds[number * 2 + 1].descriptor))
    }

    /// Starts a built product with this setting in its hands.
    public func start(_ product: String, _ arguments: [String]) throws -> PeerProcess {
        let (ours, theirs) = try DescriptorChannel.pair()
        let peer = try PeerProcess(product: product, arguments, socket: theirs)
        try send(over: ours)
        return peer
    }
}
