import TokenRing
import TokenRingXDP

/// A UMEM as a check reads it.
struct FrameReader {
    let memory: Mapping
    let geometry: FrameGeometry

    init(_ socket: borrowing XDPSocket) {
        memory = socket.memory
        geometry = socket.geometry
    }

    /// A descriptor's bytes; nil if it points outside the UMEM.
    func bytes(_ descriptor: XDPDescriptor) -> UnsafeRawBufferPointer? {
        let start = geometry.byteOffset(of: descriptor.address)
        guard start <= UInt64(geometry.byteCount), UInt64(descriptor.length) <= UInt64(geometry.byteCount) - start
        else { return nil }
        return UnsafeRawBufferPointer(start: memory.base + Int(start), count: Int(descriptor.length))
    }
}

/// The packets that must arrive, in order, at each of the receiver's sockets.
struct ExpectedStreams {
    private let packets: [SentPacket]
    private let rules: TrafficRules
    /// Numbers that are to come, per socket.
    private let numbers: [[UInt32]]
    private var positions = [0, 0]

    init(_ packets: [SentPacket], _ rules: TrafficRules) {
        self.packets = packets
        self.rules = rules
        var numbers: [[UInt32]] = [[], []]
        for (position, packet) in packets.enumerated() where packet.arrives {
            let number = UInt32(position)
            if rules.arrives?(number) ?? true { numbers[rules.socket(number)].append(number) }
        }
        self.numbers = numbers
    }

    /// Packets that must arrive.
    var total: Int { numbers[0].count + numbers[1].count }

    /// Packets sent before the newest that has arrived: they are not on the way any more.
    var gone: Int {
        var newest = 0
        for socket in 0...1 where positions[socket] > 0 {
            newest = max(newest, Int(numbers[socket][positions[socket] - 1]) + 1)
        }
        // What is dropped on the way can end a stream before it is seen.
        return positions[0] == numbers[0].count && positions[1] == numbers[1].count ? packets.count : newest
    }

    /// Checks a batch of whole packets; the frames to give back are added to `taken`.
    mutating func check(
        _ batch: RingBatch, of ring: borrowing ReceiveRing, socket: Int, _ frames: FrameReader, _ taken: inout [UInt64],
        _ count: inout TrafficCount
    ) throws(XSKEnding) {
        var offset: UInt32 = 0
        while offset < batch.count {
            var parts: [XDPDescriptor] = []
            repeat {
                parts.append(ring.read(at: batch[offset]))
                offset += 1
            } while parts[parts.count - 1].continues
            taken += parts.map { frames.geometry.frameAddress(of: $0.address) }
            try check(parts, socket: socket, frames, &count)
        }
    }

    private mutating func check(
        _ parts: [XDPDescriptor], socket: Int, _ frames: FrameReader, _ count: inout TrafficCount
    ) throws(XSKEnding) {
        guard let first = frames.bytes(parts[0]) else { throw .fail("RX points outside the UMEM: \(parts[0])") }
        guard PacketPattern.isOurs(first) else {
            count.foreign += 1
            return
        }
        let position = positions[socket]
        guard position < numbers[socket].count else {
            throw .fail("one packet more arrived than was to come, of \(first.count) bytes")
        }
        let number = numbers[socket][position]
        positions[socket] += 1
        count.received += 1
        count.descriptors += parts.count
        let sent = Int(packets[Int(number)].length)
        let arrived = parts.reduce(0) { $0 + Int($1.length) }
        try require(
            arrived == sent + rules.grows, "packet \(number) has \(arrived) bytes, not \(sent + rules.grows)")
        var start = 0
        for part in parts {
            guard let bytes = frames.bytes(part) else { throw .fail("packet \(number) lies outside the UMEM: \(part)") }
            try require(
                PacketPattern.matches(number, bytes, from: start, limit: sent),
                "packet \(number) was changed, or came out of order")
            start += bytes.count
        }
        try checkOffset(parts[0], number, frames.geometry)
        if rules.hasMetadata {
            let metadata = UnsafeRawPointer(frames.memory.base + Int(frames.geometry.byteOffset(of: parts[0].address)))
            let written = (metadata - 8).loadUnaligned(as: UInt32.self)
            try require(written == number, "the metadata of packet \(number) says \(written)")
        }
    }

    /// The kernel leaves its own 256 bytes and the headroom free.
    private func checkOffset(
        _ descriptor: XDPDescriptor, _ number: UInt32, _ geometry: FrameGeometry
    ) throws(XSKEnding) {
        let base = geometry.frameAddress(of: descriptor.address)
        let offset = geometry.byteOffset(of: descriptor.address) - base
        let expected = UInt64(FrameGeometry.kernelHeadroomBytes + geometry.headroomBytes)
        try require(
            offset == expected, "packet \(number) begins \(offset) bytes into its frame, not \(expected)")
    }
}
