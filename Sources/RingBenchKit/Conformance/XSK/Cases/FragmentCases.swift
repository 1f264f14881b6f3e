import TokenRing
import TokenRingXDP

extension XSKCase {
    /// Packets of several frames.
    static let fragments: [XSKCase] = [
        XSKCase(
            "X23", "TOO_MANY_FRAGS", isJumbo: true,
            "a packet of as many fragments as the kernel takes arrives; one that goes on is dropped"
        ) {
            bench throws(XSKEnding) in
            let most = try mostFragments(bench)
            let part = SentPacket.Part(length: shortest, options: XDPDescriptor.continues)
            var last = part
            last.options = 0
            let packets = [
                SentPacket(length: shortest),
                SentPacket(parts: Array(repeating: part, count: most - 1) + [last], arrives: true),
                SentPacket(parts: Array(repeating: part, count: most) + [last], arrives: false),
                SentPacket(length: shortest),
            ]
            let count = try carry(packets, bench, isUnaligned: false)
            return "\(count.text); most fragments \(most)"
        },
        XSKCase("X27", "SEND_RECEIVE_9K_PACKETS", isJumbo: true, "4096 packets of 9000 B arrive in order and intact") {
            bench throws(XSKEnding) in
            try carry(jumboPackets, bench, isUnaligned: false).text
        },
        XSKCase("X28", "SEND_RECEIVE_UNALIGNED_9K_PACKETS", isJumbo: true, "the same with unaligned frames") {
            bench throws(XSKEnding) in
            try carry(jumboPackets, bench, isUnaligned: true).text
        },
    ]

    private static let jumboPackets = Array(
        repeating: SentPacket(length: jumbo, inFramesOf: 4096), count: packetCount)

    private static func carry(
        _ packets: [SentPacket], _ bench: XSKBench, isUnaligned: Bool
    ) throws(XSKEnding) -> TrafficCount {
        var (receiver, sender) = (EndSetup.receiver, EndSetup.sender)
        (receiver.multiBuffer, sender.multiBuffer) = (true, true)
        (receiver.isUnaligned, sender.isUnaligned) = (isUnaligned, isUnaligned)
        return try bench.carry(packets, receiver: receiver, sender: sender)
    }

    /// In copy mode an skb's fragments and its linear part; in zero copy what the driver says.
    private static func mostFragments(_ bench: XSKBench) throws(XSKEnding) -> Int {
        guard bench.mode.path == .zc else {
            let text = HostFile.text("/proc/sys/net/core/max_skb_frags") ?? ""
            return (Int(text) ?? 17) + 1
        }
        let interface = try bench.link.enter(.sender)
        let segments = (try? InterfaceCapabilities.query(index: interface.index))?.zeroCopyMaxSegments.value ?? 1
        guard segments > 1 else {
            throw .skip("the driver of \(interface.name) says xdp-zc-max-segs \(segments)")
        }
        return Int(segments)
    }
}
