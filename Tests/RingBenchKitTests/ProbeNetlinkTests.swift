import Testing
import TokenRingXDP

@Suite("netlink parser")
struct ProbeNetlinkTests {
    /// A message with two attributes of 4 and 8 bytes.
    static let sample: [UInt8] = GenericNetlinkSocket.request(
        family: 27, command: 1, sequence: 7, attributes: [(1, [1, 0, 0, 0]), (3, [43, 0, 0, 0, 0, 0, 0, 0])])

    @Test("a request that was built is parsed back")
    func roundTrip() throws {
        let messages = NetlinkMessage.parse(Self.sample + Self.sample)
        #expect(messages.count == 2)
        let message = try #require(messages.last)
        #expect(message.type == 27 && message.sequence == 7)
        #expect(message.attributes.map(\.type) == [1, 3])
        #expect(message.attributes[0].integer(as: UInt32.self) == UInt32(littleEndian: 1))
        #expect(message.attributes[0].integer(as: UInt64.self) == nil, "4 bytes are no 64-bit number")
        #expect(message.attributes[1].unsigned == UInt64(littleEndian: 43))
    }

    @Test("an attribute's flag bits are no part of its type")
    func flagBits() {
        let attributes = NetlinkAttribute.parse([8, 0, 3, 0x80, 1, 2, 3, 4][...])
        #expect(attributes.map(\.type) == [3])
    }

    @Test("a message cut off anywhere gives no message, and never more attributes than it holds")
    func truncated() {
        for length in 0..<Self.sample.count {
            #expect(NetlinkMessage.parse(Self.sample.prefix(length)).isEmpty, "\(length) bytes")
            let attributes = NetlinkAttribute.parse(Self.sample[20...].prefix(length))
            #expect(attributes.count == (length >= 20 ? 2 : length >= 8 ? 1 : 0), "\(length) bytes")
        }
    }

    @Test(
        "lengths that lie end the parsing: too short, too long, and the largest",
        arguments: [0, 1, 15, 61, 1 << 31, .max])
    func lengths(length: UInt32) {
        var bytes = Self.sample
        withUnsafeBytes(of: length) { bytes.replaceSubrange(0..<4, with: $0) }
        #expect(NetlinkMessage.parse(bytes).isEmpty)
    }

    @Test("an error message whose number is no errno has none", arguments: [(-22, 22), (0, 0), (5, nil), (.min, nil)])
    func errorNumbers(number: Int32, expected: Int32?) {
        var bytes: [UInt8] = []
        for word: UInt32 in [20, 2, 7, 0, UInt32(bitPattern: number)] { withUnsafeBytes(of: word) { bytes += $0 } }
        #expect(NetlinkMessage.parse(bytes).map(\.errorNumber) == [expected])
    }

    @Test("100000 random datagrams, half of them nearly right, do not trap")
    func random() {
        var generator = Seeded(state: 20251121)
        var parsed = 0
        for round in 0..<100_000 {
            var bytes: [UInt8]
            if round.isMultiple(of: 2) {
                bytes = (0..<Int.random(in: 0..<96, using: &generator)).map { _ in
                    .random(in: 0...255, using: &generator)
                }
            } else {
                bytes = Self.sample + Self.sample
                for _ in 0..<3 {
                    bytes[.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
            }
            for message in NetlinkMessage.parse(bytes) {
                parsed += 1
                _ = message.errorNumber
                let held = message.attributes.map { $0.payload.count + 4 }.reduce(0, +)
                #expect(held <= message.payload.count)
                for attribute in message.attributes { _ = attribute.unsigned }
            }
        }
        #expect(parsed > 10_000, "the test must reach the inner parser")
    }
}

/// A small generator with a known start (splitmix64).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
