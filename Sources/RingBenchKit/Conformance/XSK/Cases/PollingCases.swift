import TokenRing
import TokenRingXDP

extension XSKCase {
    /// poll(2) as the only call of one side.
    static let polling: [XSKCase] = [
        XSKCase("X4", "POLL_RX", "each poll that says so finds packets; all 4096 arrive") { bench throws(XSKEnding) in
            var rules = TrafficRules()
            rules.pollsReceive = true
            return try bench.carry(packets(), rules: rules).text
        },
        XSKCase("X5", "POLL_TX", "poll for writing is the sender's only call; all 4096 arrive") {
            bench throws(XSKEnding) in
            var rules = TrafficRules()
            rules.pollsTransmit = true
            return try bench.carry(packets(), rules: rules).text
        },
        XSKCase("X6", "POLL_RXQ_FULL", "with nobody sending, poll for reading times out with 0") {
            bench throws(XSKEnding) in
            let end = try bench.receiver()
            let result = end.socket.waitForPackets(timeoutNanoseconds: 50_000_000)
            try require(result == 0, "poll returned \(result)")
            return "poll returned 0"
        },
        XSKCase(
            "X7", "POLL_TXQ_FULL",
            "with nobody taking completions TX fills up and poll for writing times out; taking them opens it again"
        ) { bench throws(XSKEnding) in try fullTransmitRing(bench) },
    ]

    private static func fullTransmitRing(_ bench: XSKBench) throws(XSKEnding) -> String {
        var setup = EndSetup.sender
        (setup.transmitEntries, setup.completionEntries) = (64, 64)
        var sender = try bench.sender(setup)
        let packet = SentPacket(length: shortest)
        var (queued, polls) = (UInt32(0), 0)
        // 64 fit into COMPLETION and 64 stay in TX.
        while polls < 1000 {
            while sender.queue(packet, number: queued) { queued += 1 }
            polls += 1
            // A timeout before COMPLETION is full is that of a slow driver.
            let isTimeout = sender.socket.waitForRoom(timeoutNanoseconds: 20_000_000) == 0
            if isTimeout, sender.socket.completion.indices.waiting == setup.completionEntries { break }
        }
        try require(polls < 1000, "poll never timed out with COMPLETION full")
        let stuck = sender.queued
        try require(stuck > 32, "poll timed out although TX holds \(stuck) of 64")
        let completed = sender.socket.completion.peek(upTo: .max)
        try require(completed.count == 64, "COMPLETION holds \(completed.count) of 64")
        sender.socket.completion.release(completed.count)
        let open = sender.socket.waitForRoom(timeoutNanoseconds: 2_000_000_000)
        try require(open == 1, "poll returned \(open) after completions were taken")
        return
            "poll returned 0 with \(queued) queued, \(stuck) of them in TX, and 1 after \(completed.count) completions"
    }
}
