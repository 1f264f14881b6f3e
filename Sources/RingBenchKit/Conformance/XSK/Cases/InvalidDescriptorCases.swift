import TokenRing
import TokenRingXDP

extension XSKCase {
    /// Descriptors in TX at every edge of what the kernel takes.
    static let invalidDescriptors: [XSKCase] = [
        XSKCase("X8", "ALIGNED_INV_DESC", edges) { bench throws(XSKEnding) in
            try invalid(bench, chunkBytes: 4096, isUnaligned: false)
        },
        XSKCase("X9", "ALIGNED_INV_DESC_2K_FRAME_SIZE", "the same, and across 2 KiB is refused") {
            bench throws(XSKEnding) in
            try invalid(bench, chunkBytes: 2048, isUnaligned: false)
        },
        XSKCase("X10", "UNALIGNED_INV_DESC", "the same, and across 4 KiB is sent") { bench throws(XSKEnding) in
            try invalid(bench, chunkBytes: 4096, isUnaligned: true)
        },
        XSKCase(
            "X11", "UNALIGNED_INV_DESC_4001_FRAME_SIZE", "the same where the UMEM ends within a page"
        ) { bench throws(XSKEnding) in try invalid(bench, chunkBytes: 4001, isUnaligned: true) },
        XSKCase("X22.aligned", "ALIGNED_INV_DESC_MULTI_BUFF", isJumbo: true, wholeOnly) { bench throws(XSKEnding) in
            try invalidFragments(bench, isUnaligned: false)
        },
        XSKCase(
            "X22.unaligned", "UNALIGNED_INV_DESC_MULTI_BUFF", isJumbo: true,
            "the same, and a fragment across a frame's end is sent"
        ) { bench throws(XSKEnding) in try invalidFragments(bench, isUnaligned: true) },
    ]

    private static let edges =
        "of ten descriptors those before, behind, over the end of the UMEM, too long, or across 4 KiB are refused and "
        + "counted; the others arrive"

    private static let wholeOnly =
        "a packet with an empty, misplaced, overlong or unknown fragment is dropped whole and counted; the next arrives; two "
        + "full fragments are received as three"

    private static func invalid(
        _ bench: XSKBench, chunkBytes: UInt32, isUnaligned: Bool
    ) throws(XSKEnding) -> String {
        var (receiver, sender) = (EndSetup.receiver, EndSetup.sender)
        for setup in [\EndSetup.chunkBytes] {
            (receiver[keyPath: setup], sender[keyPath: setup]) = (chunkBytes, chunkBytes)
        }
        (receiver.isUnaligned, sender.isUnaligned) = (isUnaligned, isUnaligned)
        let size = UInt64(sender.frames) * UInt64(chunkBytes)
        let half = UInt64(shortest / 2)
        func packet(_ address: UInt64, _ length: UInt32 = shortest, arrives: Bool) -> SentPacket {
            SentPacket(length: length, at: .address(address), arrives: arrives)
        }
        let packets = [
            packet(0, arrives: true),
            packet(UInt64(chunkBytes) * 3, arrives: true),
            packet(0 &- 2, arrives: false),
            packet(0, tooLong, arrives: false),
            packet(size - UInt64(shortest) - 2 * UInt64(chunkBytes), arrives: true),
            packet(size, arrives: false),
            packet(size - half, arrives: false),
            packet(0x1000 - half, arrives: isUnaligned),
            packet(0x4800 - half, arrives: chunkBytes != 2048),
            packet(UInt64(chunkBytes) * 9, arrives: true),
        ]
        return try carryOneByOne(packets, bench, receiver, sender)
    }

    private static func invalidFragments(_ bench: XSKBench, isUnaligned: Bool) throws(XSKEnding) -> String {
        var (receiver, sender) = (EndSetup.receiver, EndSetup.sender)
        (receiver.isUnaligned, sender.isUnaligned) = (isUnaligned, isUnaligned)
        (receiver.multiBuffer, sender.multiBuffer) = (true, true)
        let size = UInt64(sender.frames) * UInt64(sender.chunkBytes)
        let large = SentPacket.Part(length: 3072, options: XDPDescriptor.continues)
        // A wrong descriptor ends its packet: what comes behind one in the middle is a packet of its own to older kernels,
        // and dropped with it by newer ones.
        func part(
            _ length: UInt32, at place: SentPacket.Place = .frame(offset: 0), options: UInt32 = 0
        ) -> SentPacket.Part { SentPacket.Part(place: place, length: length, options: options) }
        let acrossFrames = UInt64(sender.frames / 2) * UInt64(sender.chunkBytes) - UInt64(shortest) / 2
        let packets = [
            SentPacket(length: shortest),
            SentPacket(parts: [large, large, part(0)], arrives: false),
            SentPacket(parts: [large, part(3072, at: .address(size))], arrives: false),
            SentPacket(parts: [large, part(tooLong)], arrives: false),
            SentPacket(parts: [large, part(3072, options: 0xfffc)], arrives: false),
            SentPacket(parts: [part(4096, options: XDPDescriptor.continues), part(4096)], arrives: true),
            SentPacket(
                parts: [large, part(shortest, at: .address(acrossFrames))], arrives: isUnaligned),
            SentPacket(length: shortest),
        ]
        return try carryOneByOne(packets, bench, receiver, sender)
    }

    /// All in one batch, so that a wrong one stands right before a good one.
    private static func carryOneByOne(
        _ packets: [SentPacket], _ bench: XSKBench, _ receiver: EndSetup, _ sender: EndSetup
    ) throws(XSKEnding) -> String {
        try bench.carry(packets, receiver: receiver, sender: sender).text
    }
}
