import TokenRingXDP

extension XSKCase {
    /// What the kernel counts when packets are lost.
    static let statistics: [XSKCase] = [
        XSKCase(
            "X14", "STAT_RX_DROPPED",
            "one packet in two is too long for what the headroom leaves: rx_dropped counts them"
        ) {
            bench throws(XSKEnding) in
            // Zero-copy drivers are told how much they may write and drop what is longer themselves.
            guard bench.mode.path != .zc else {
                throw .skip(
                    "the driver drops the packet and the socket does not count it; the kernel's own test skips it, too")
            }
            var receiver = EndSetup.receiver
            receiver.headroomBytes = try headroom(bench, leaving: shortest * 3)
            let packets = (0..<packetCount).map { SentPacket(length: $0 % 2 == 1 ? 1024 : shortest) }
            var rules = TrafficRules()
            rules.arrives = { $0 % 2 == 0 }
            return try carry(packets, bench, receiver: receiver, rules: rules) { statistics throws(XSKEnding) in
                let half = UInt64(packetCount / 2)
                try require(
                    (half - 1...half).contains(statistics.receiveDropped),
                    "rx_dropped is \(statistics.receiveDropped), not \(half)")
                return "rx_dropped \(statistics.receiveDropped)"
            }
        },
        XSKCase("X15", "STAT_TX_INVALID", "one descriptor in two is too long: tx_invalid_descs counts them") {
            bench throws(XSKEnding) in
            let packets = (0..<packetCount).map { number in
                SentPacket(length: number % 2 == 1 ? tooLong : shortest, arrives: number % 2 == 0)
            }
            let count = try bench.carry(packets)
            try require(count.refused == UInt64(packetCount / 2), "\(count.refused) descriptors were refused")
            return count.text
        },
        XSKCase("X16", "STAT_RX_FULL", "RX is never released: 2048 packets arrive, rx_ring_full counts the rest") {
            bench throws(XSKEnding) in
            var receiver = EndSetup.receiver
            (receiver.frames, receiver.provided) = (4096, 4096)
            var rules = TrafficRules()
            (rules.releases, rules.arrives) = (false, { $0 < 2048 })
            return try carry(packets(3072), bench, receiver: receiver, rules: rules) { statistics throws(XSKEnding) in
                try require(statistics.receiveRingFull > 0, "rx_ring_full is 0")
                return "rx_ring_full \(statistics.receiveRingFull)"
            }
        },
        XSKCase("X17", "STAT_FILL_EMPTY", "no frame goes back: 2048 packets arrive, rx_fill_ring_empty_descs counts") {
            bench throws(XSKEnding) in
            var rules = TrafficRules()
            (rules.refills, rules.arrives) = (false, { $0 < 2048 })
            // A zero-copy driver looks for the next frame before there is a packet; what comes too much a network may hold back.
            let sent = packets(bench.mode.path == .zc ? 2048 : 3072)
            return try carry(sent, bench, rules: rules) { statistics throws(XSKEnding) in
                try require(statistics.receiveFillRingEmpty > 0, "rx_fill_ring_empty_descs is 0")
                return "rx_fill_ring_empty_descs \(statistics.receiveFillRingEmpty)"
            }
        },
    ]

    /// The headroom that leaves room for packets of so many bytes. Newer kernels keep the end of a frame, too, for the
    /// fragments' list of an skb (320 bytes on 64-bit machines), and refuse a headroom that would leave less.
    private static func headroom(_ bench: XSKBench, leaving room: UInt32) throws(XSKEnding) -> UInt32 {
        var setup = EndSetup.receiver
        setup.headroomBytes = setup.chunkBytes - FrameGeometry.kernelHeadroomBytes - room
        do throws(XSKEnding) {
            _ = try bench.open(.receiver, setup)
            return setup.headroomBytes
        } catch {
            return setup.headroomBytes - 320
        }
    }

    /// Carries packets of which some are lost, and looks at the receiver's counters.
    private static func carry(
        _ packets: [SentPacket], _ bench: XSKBench, receiver setup: EndSetup = .receiver, rules: TrafficRules,
        _ judge: (XDPStatistics) throws(XSKEnding) -> String
    ) throws(XSKEnding) -> String {
        var receiver = try bench.receiver(setup)
        var sender = try bench.sender()
        let count = try Traffic(mode: bench.mode, rules: rules).carry(packets, from: &sender, to: &receiver)
        return "\(count.text); \(try judge(try receiver.statistics()))"
    }
}
