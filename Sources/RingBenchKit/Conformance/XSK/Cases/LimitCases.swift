import CTokenRing
import TokenRing
import TokenRingXDP

extension XSKCase {
    /// Budgets and ring sizes.
    static let limits: [XSKCase] = [
        XSKCase(
            "X25", "TX_QUEUE_CONSUMER",
            "of 33 packets one call sends 32 and moves TX's consumer by as many; the next sends one"
        ) { bench throws(XSKEnding) in try budget(bench) },
        XSKCase("X29.min", "HW_SW_MIN_RING_SIZE", "packets arrive through the smallest rings, by one and by ring - 1") {
            bench throws(XSKEnding) in
            try ringSizes(bench, entries: 128, batches: [1, 63]) { _ in (64, 128) }
        },
        XSKCase(
            "X29.max", "HW_SW_MAX_RING_SIZE", "packets arrive through the largest rings, in batches as long as they are"
        ) {
            bench throws(XSKEnding) in
            try ringSizes(bench, entries: 8192, batches: [2048, 8184]) { ($0.tx_max, $0.rx_max) }
        },
    ]

    private static func budget(_ bench: XSKBench) throws(XSKEnding) -> String {
        guard bench.mode.path != .zc else {
            throw .skip("the driver sends, and no call has a budget; the kernel's own test is of copy mode, too")
        }
        var sender = try bench.sender()
        let receiver = try bench.receiver()
        for number in 0..<33 { _ = sender.queue(SentPacket(length: shortest), number: UInt32(number)) }
        var steps: [UInt32] = []
        for _ in 0..<2 {
            let before = sender.queued
            sender.socket.wakeTransmit()
            steps.append(before - sender.queued)
        }
        try require(steps == [32, 1], "TX's consumer moved by \(steps)")
        _ = receiver.socket.descriptor
        return "TX's consumer moved by 32, then by 1"
    }

    /// Sets the NIC's own ring sizes, if it has any, carries packets in batches through sockets with rings of `entries`, and
    /// puts the sizes back.
    private static func ringSizes(
        _ bench: XSKBench, entries: UInt32, batches: [UInt32],
        _ sizes: (ctr_ring_sizes) -> (transmit: UInt32, receive: UInt32)
    ) throws(XSKEnding) -> String {
        let interface = try bench.link.enter(.sender)
        var before = ctr_ring_sizes()
        let asked = ctr_interface_ring_sizes(interface.name, &before)
        var seen = "ETHTOOL_GRINGPARAM: errno \(-asked), \(interface.driver) has no rings of its own"
        if asked == 0 {
            let (transmit, receive) = sizes(before)
            let result = ctr_interface_set_ring_sizes(interface.name, receive, transmit)
            guard result == 0 else { throw XSKEnding(SystemCallError("ETHTOOL_SRINGPARAM", errno: result)) }
            seen = "\(interface.driver)'s rings: \(transmit) and \(receive)"
        }
        defer {
            if asked == 0 { _ = ctr_interface_set_ring_sizes(interface.name, before.rx, before.tx) }
        }
        let most = try mostAtOnce(bench)
        for batch in batches.map({ min($0, most) }) {
            var (receiver, sender) = (EndSetup.receiver, EndSetup.sender)
            (receiver.frames, receiver.provided, receiver.receiveEntries) = (entries, entries, entries)
            (sender.frames, sender.transmitEntries, sender.completionEntries) = (entries, entries, entries)
            var rules = TrafficRules()
            (rules.batch, rules.window) = (batch, Int(min(batch, entries / 2)))
            let count = try bench.carry(packets(), receiver: receiver, sender: sender, rules: rules)
            seen += "; by \(batch): \(count.text)"
        }
        return seen
    }

    /// Packets that may come at once: the receiving NIC keeps no more than its ring holds, less the slot that some leave empty.
    private static func mostAtOnce(_ bench: XSKBench) throws(XSKEnding) -> UInt32 {
        var sizes = ctr_ring_sizes()
        guard bench.mode.path == .zc,
            ctr_interface_ring_sizes(try bench.link.enter(.receiver).name, &sizes) == 0, sizes.rx > 1
        else { return .max }
        return sizes.rx - 1
    }
}
