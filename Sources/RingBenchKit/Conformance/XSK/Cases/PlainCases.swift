extension XSKCase {
    private static let intact = "4096 packets of 64 B arrive in order and intact, every frame is completed and returned"

    /// Packets from one end to the other.
    static let plain: [XSKCase] = [
        XSKCase("X1", "SEND_RECEIVE", intact) { bench throws(XSKEnding) in
            try bench.carry(packets()).text
        },
        XSKCase("X2", "SEND_RECEIVE_2K_FRAME", "the same with frames of 2048 B") { bench throws(XSKEnding) in
            var (receiver, sender) = (EndSetup.receiver, EndSetup.sender)
            (receiver.chunkBytes, sender.chunkBytes) = (2048, 2048)
            return try bench.carry(packets(), receiver: receiver, sender: sender).text
        },
        XSKCase("X3", "SEND_RECEIVE_SINGLE_PKT", "one packet arrives") { bench throws(XSKEnding) in
            try bench.carry(packets(1)).text
        },
        XSKCase("X12", "UMEM_HEADROOM", "packets begin 256 + 128 bytes into their frames") { bench throws(XSKEnding) in
            var receiver = EndSetup.receiver
            receiver.headroomBytes = 128
            return try bench.carry(packets(), receiver: receiver).text
        },
        XSKCase("X13", "BIDIRECTIONAL", "4096 packets arrive there, then 4096 back, by the same sockets") {
            bench throws(XSKEnding) in
            var there = try bench.receiver(.both)
            var back = try bench.receiver(.both, on: .sender)
            let traffic = Traffic(mode: bench.mode)
            let first = try traffic.carry(packets(), from: &back, to: &there)
            let second = try traffic.carry(packets(), from: &there, to: &back)
            return "\(first.text); back: \(second.text)"
        },
        XSKCase("X26", "SEND_RECEIVE_UNALIGNED", "packets arrive that were sent, one in two across a page's end") {
            bench throws(XSKEnding) in
            try unaligned(bench)
        },
        XSKCase("X30", "TEARDOWN", "ten times: sockets and program made, 4096 packets carried, all taken down") {
            bench throws(XSKEnding) in
            for _ in 0..<10 { _ = try bench.carry(packets()) }
            return "ten rounds of \(packetCount) packets"
        },
    ]

    private static func unaligned(_ bench: XSKBench) throws(XSKEnding) -> String {
        var (setup, other) = (EndSetup.receiver, EndSetup.sender)
        (setup.isUnaligned, other.isUnaligned) = (true, true)
        var receiver = try bench.receiver(setup)
        var sender = try bench.sender(other)
        // No page lies before the first frame.
        sender.freeFrames.removeAll { $0 == 0 }
        sender.held = 1
        // What straddles ends 32 bytes into its frame; the others stay clear of that.
        let packets = (0..<packetCount).map { number in
            SentPacket(length: shortest, at: .frame(offset: number % 2 == 1 ? -Int(shortest) / 2 : 1024))
        }
        return try Traffic(mode: bench.mode).carry(packets, from: &sender, to: &receiver).text
    }
}
