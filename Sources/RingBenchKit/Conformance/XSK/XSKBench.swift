import TokenRing
import TokenRingXDP

/// What a case is run with: the link, and the mode that it is run in.
struct XSKBench: Sendable {
    let link: XSKLink
    let mode: XSKMode

    /// The MTU that is everybody's, and that of jumbo frames.
    static let mtu: UInt32 = 1500
    static let jumboMTU: UInt32 = 9000

    /// An end without a program.
    func open(_ side: XSKLink.Side, _ setup: EndSetup) throws(XSKEnding) -> XSKEnd {
        let end = try XSKEnd(setup: setup, on: try link.enter(side), mode: mode)
        try end.checkMode(mode)
        return end
    }

    /// An end with its program attached.
    func receiver(
        _ setup: EndSetup = .receiver, on side: XSKLink.Side = .receiver, code: ((CInt) -> ProgramCode)? = nil
    ) throws(XSKEnding) -> XSKEnd {
        var end = try open(side, setup)
        try end.attach(mode.attachMode, multiBuffer: setup.multiBuffer, code: code)
        return end
    }

    /// The other end. For zero copy it has a program, too, as in the kernel's own test: igb sends nothing without.
    func sender(_ setup: EndSetup = .sender) throws(XSKEnding) -> XSKEnd {
        var end = try open(.sender, setup)
        if mode.path == .zc { try end.attach(mode.attachMode, redirecting: false, multiBuffer: setup.multiBuffer) }
        return end
    }

    /// Sends packets from one end to the other and checks each that arrives, and the books of both ends.
    ///
    /// - Returns: what was seen.
    func carry(
        _ packets: [SentPacket], receiver setup: EndSetup = .receiver, sender other: EndSetup = .sender,
        rules: TrafficRules = TrafficRules(), code: ((CInt) -> ProgramCode)? = nil
    ) throws(XSKEnding) -> TrafficCount {
        var receiver = try receiver(setup, code: code)
        var sender = try sender(other)
        let count = try Traffic(mode: mode, rules: rules).carry(packets, from: &sender, to: &receiver)
        let refused = try sender.statistics().transmitInvalidDescriptors
        // What ends a packet of too many fragments is a packet of its own to older kernels.
        try require(
            refused == count.refused || refused + UInt64(count.foreign) == count.refused,
            "tx_invalid_descs is \(refused), and \(count.refused) descriptors were wrong")
        return count
    }
}
