import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// What a case changes about how packets are carried.
struct TrafficRules: Sendable {
    /// Packets queued at once.
    var batch: UInt32 = 64
    /// Packets on the way at most: fewer than the least receive ring of a NIC holds.
    var window = 192
    /// The receiver sleeps in poll, and packets must be there when it wakes.
    var pollsReceive = false
    /// The sender's only call is poll.
    var pollsTransmit = false
    /// Received frames go back into FILL.
    var refills = true
    /// RX entries are released.
    var releases = true
    /// Packets that must arrive of those that may, by number; nil: all. Others are dropped on the way.
    var arrives: (@Sendable (UInt32) -> Bool)?
    /// Which of the two sockets of the receiver a packet goes to.
    var socket: @Sendable (UInt32) -> Int = { _ in 0 }
    /// Bytes that the program adds to a packet's end.
    var grows: Int = 0
    /// The program writes the packet's number in front of it.
    var hasMetadata = false
}

/// What was carried.
struct TrafficCount: Sendable {
    /// Packets received, each checked.
    var received = 0
    /// Descriptors received.
    var descriptors = 0
    /// Descriptors that the sender was right to refuse.
    var refused: UInt64 = 0
    /// Of these, how many came back through COMPLETION all the same. Kernels differ in this.
    var refusedAndCompleted = 0
    /// Odd addresses that COMPLETION gave back without their lowest bit.
    var cutAddresses = 0
    /// Packets of strangers.
    var foreign = 0

    var text: String {
        var parts = ["\(received) packets in \(descriptors) descriptors, in order and intact"]
        if refused > 0 {
            parts.append("\(refused) descriptors refused and counted, \(refusedAndCompleted) of them completed")
        }
        if cutAddresses > 0 { parts.append("COMPLETION lost the lowest bit of \(cutAddresses) odd addresses") }
        return parts.joined(separator: "; ")
    }
}

/// Sends packets from one end to another and checks each that arrives: order, length, bytes, offset in the frame.
struct Traffic: Sendable {
    let mode: XSKMode
    var rules = TrafficRules()

    /// Carries all packets and waits until every frame of the sender is back.
    func carry(
        _ packets: [SentPacket], from sender: inout XSKEnd, to receiver: inout XSKEnd
    ) throws(XSKEnding) -> TrafficCount {
        var count = TrafficCount()
        var streams = ExpectedStreams(packets, rules)
        let expected = streams.total
        var next = 0
        var patience = LookPatience(at: ctr_monotonic_ns())
        while true {
            let before = (next, sender.outstanding.count, count.received, count.foreign)
            let room = rules.window - max(sender.outstanding.count, next - streams.gone)
            next = try queue(packets, from: next, upTo: min(Int(rules.batch), room), on: &sender, &count)
            try drive(&sender)
            try complete(&sender, &count)
            try receive(on: &receiver, &streams, &count)
            let isSent = next == packets.count && sender.outstanding.isEmpty && sender.queued == 0
            if isSent, count.received >= expected { break }
            let now = ctr_monotonic_ns()
            if before != (next, sender.outstanding.count, count.received, count.foreign) { patience.renew(at: now) }
            guard !patience.isOver(at: now) else {
                throw .fail(
                    "stuck for \(LookPatience.seconds) s: \(next) of \(packets.count) packets queued, "
                        + "\(sender.outstanding.count) not completed, \(count.received) of \(expected) received")
            }
        }
        // One that must not arrive would come behind the last.
        try receive(on: &receiver, &streams, &count)
        try require(count.received == expected, "\(count.received) packets arrived, not \(expected)")
        try awaitRefused(on: &sender, &count)
        try sender.checkAccount("sender")
        if rules.releases { try receiver.checkAccount("receiver") }
        return count
    }

    /// Queues up to `most` packets, as TX and the free frames allow; whole packets only.
    private func queue(
        _ packets: [SentPacket], from start: Int, upTo most: Int, on sender: inout XSKEnd, _ count: inout TrafficCount
    ) throws(XSKEnding) -> Int {
        var next = start
        while next < packets.count, next - start < most {
            if sender.freeFrames.count < packets[next].parts.count, sender.queued == 0, sender.outstanding.isEmpty {
                try awaitRefused(on: &sender, &count)
            }
            guard sender.queue(packets[next], number: UInt32(next)) else { break }
            if !packets[next].arrives { count.refused += UInt64(packets[next].parts.count) }
            next += 1
        }
        return next
    }

    /// Where the kernel completes what it refused, that comes behind the last packet that it sent; elsewhere never.
    private func awaitRefused(on sender: inout XSKEnd, _ count: inout TrafficCount) throws(XSKEnding) {
        for _ in 0..<50 where !sender.refused.isEmpty {
            try complete(&sender, &count)
            if !sender.refused.isEmpty { usleep(1000) }
        }
        sender.reclaimRefused()
    }

    private func drive(_ sender: inout XSKEnd) throws(XSKEnding) {
        let result: CInt
        if rules.pollsTransmit {
            result = sender.socket.waitForRoom(timeoutNanoseconds: 100_000_000)
            try require(result >= 0, "poll(POLLOUT): errno \(-result)")
        } else if sender.queued > 0 || !sender.outstanding.isEmpty {
            result = sender.socket.wakeTransmit()
            let isNormal = [0, EAGAIN, EBUSY, ENOBUFS].contains(result)
            try require(isNormal, "sendto: errno \(result)")
        }
    }

    private func complete(_ sender: inout XSKEnd, _ count: inout TrafficCount) throws(XSKEnding) {
        let batch = sender.socket.completion.peek(upTo: .max)
        for offset in 0..<batch.count {
            let address = sender.socket.completion.read(at: batch[offset])
            guard let frame = sender.complete(address, &count) else {
                throw .fail("COMPLETION holds \(address), which was not queued")
            }
            if frame != .max { sender.freeFrames.append(frame) }
        }
        sender.socket.completion.release(batch.count)
    }

    private func receive(
        on end: inout XSKEnd, _ streams: inout ExpectedStreams, _ count: inout TrafficCount
    ) throws(XSKEnding) {
        if rules.pollsReceive {
            if end.socket.waitForPackets(timeoutNanoseconds: 1_000_000) == 1 {
                let indices = end.socket.receive.indices
                try require(indices.waiting > 0, "poll says that there are packets, and RX is empty")
            }
        } else if mode.busyPoll || end.socket.fill.asksForWakeup() {
            end.socket.wakeReceive()
        }
        let frames = FrameReader(end.socket)
        var taken: [UInt64] = []
        let batch = end.socket.receive.peekWholePackets(upTo: rules.batch)
        try streams.check(batch, of: end.socket.receive, socket: 0, frames, &taken, &count)
        if rules.releases { end.socket.receive.release(batch.count) }
        if var second = end.second.take() {
            let batch = second.receive.peekWholePackets(upTo: rules.batch)
            let outcome: XSKEnding?
            do throws(XSKEnding) {
                try streams.check(batch, of: second.receive, socket: 1, frames, &taken, &count)
                outcome = nil
            } catch { outcome = error }
            second.receive.release(batch.count)
            end.second = consume second
            if let outcome { throw outcome }
        }
        guard rules.refills, rules.releases else {
            if rules.releases { end.held += UInt32(taken.count) }
            return
        }
        let slots = end.socket.fill.reserve(UInt32(taken.count))
        try require(Int(slots.count) == taken.count, "FILL has no room for frames that came from it")
        for (offset, address) in taken.enumerated() { end.socket.fill.write(address, at: slots[UInt32(offset)]) }
        end.socket.fill.submit(slots.count)
    }
}

extension XSKEnd {
    /// Descriptors in TX that the kernel has not taken.
    var queued: UInt32 {
        switch socket.transmit {
        case .some(let ring): ring.indices.waiting
        case .none: 0
        }
    }

    /// The frame behind an address that COMPLETION gave back, `.max` for one that was none of ours; nil if it was not queued.
    mutating func complete(_ address: UInt64, _ count: inout TrafficCount) -> UInt32? {
        if let frame = outstanding.removeValue(forKey: address) { return frame }
        if let frame = refused[address]?.popLast() {
            if refused[address]?.isEmpty == true { refused[address] = nil }
            count.refusedAndCompleted += 1
            return frame
        }
        // Linux 6.18 keeps a mark in the lowest bit of an address until the packet is sent.
        guard let frame = outstanding.removeValue(forKey: address | 1) else { return nil }
        count.cutAddresses += 1
        return frame
    }

    /// Frames of refused descriptors that did not come back are the application's once the kernel is past them.
    mutating func reclaimRefused() {
        freeFrames += refused.values.joined().filter { $0 != .max }
        refused = [:]
    }

    /// Writes and queues one packet. False if TX or the free frames have no room for all of it.
    mutating func queue(_ packet: SentPacket, number: UInt32) -> Bool {
        guard freeFrames.count >= packet.parts.count else { return false }
        guard let slots = socket.transmit?.reserve(UInt32(packet.parts.count)), !slots.isEmpty else { return false }
        let (memory, geometry) = (socket.memory, socket.geometry)
        var start = 0
        for (offset, part) in packet.parts.enumerated() {
            var frame = UInt32.max
            let address: UInt64
            switch part.place {
            case .frame(let shift):
                frame = freeFrames.removeLast()
                address = geometry.address(ofFrame: frame) &+ UInt64(bitPattern: Int64(shift))
            case .address(let place): address = place
            }
            if packet.arrives {
                let bytes = UnsafeMutableRawBufferPointer(
                    start: memory.base + Int(address), count: Int(part.length))
                PacketPattern.write(number, to: bytes, from: start)
                outstanding[address] = frame
            } else {
                refused[address, default: []].append(frame)
            }
            start += Int(part.length)
            socket.transmit?.write(
                XDPDescriptor(address: address, length: part.length, options: part.options),
                at: slots[UInt32(offset)])
        }
        socket.transmit?.submit(slots.count)
        return true
    }
}
