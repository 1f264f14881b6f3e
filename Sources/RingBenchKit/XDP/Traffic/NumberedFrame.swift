/// A packet whose every byte follows from its number, so that a receiver can tell a changed, lost or doubled one.
///
/// Ethernet header with ethertype 0x88B5 (for local experiments, IEEE 802), two zero bytes, the number as 64 bits in this
/// machine's byte order, then words of 64 bits: the number times an odd constant, plus the word's offset.
enum NumberedFrame {
    /// Shortest packet, in bytes: what Ethernet carries without padding.
    static let leastBytes: UInt32 = 64
    /// Longest packet, in bytes: an MTU of 1500 and the header.
    static let mostBytes: UInt32 = 1514

    // Computed, so that the receive loop calls no lazy initialiser.
    private static var etherTypeOffset: Int { 12 }
    private static var sourceOffset: Int { 8 }
    private static var numberOffset: Int { 16 }
    private static var payloadOffset: Int { 24 }
    /// As the header has it, for a socket that listens.
    static var etherTypeNumber: UInt16 { 0x88B5 }
    private static var etherType: UInt32 {
        // The ethertype and two zero bytes as they lie in memory.
        (UInt32(etherTypeNumber) << 16).bigEndian
    }
    private static var factor: UInt64 { 0x9E37_79B9_7F4A_7C15 }

    /// Most flows; the source address has room for no more.
    static let mostFlows: UInt32 = 128

    /// Writes packet `number`; `packet` has `leastBytes` or more. Packets of `flows` flows come from an address each, in turn.
    static func write(_ number: UInt64, of flows: UInt32 = 1, into packet: UnsafeMutableRawBufferPointer) {
        guard let base = packet.baseAddress, packet.count >= Int(leastBytes) else { return }
        // To 02:00:00:00:00:02 from 02:00:00:00:00:01 and on, all locally administered.
        base.storeBytes(of: UInt64(0x0200_0000_0002_0200).bigEndian, as: UInt64.self)
        let source = 1 + UInt32(number % UInt64(max(flows, 1)))
        base.storeBytes(of: source.bigEndian, toByteOffset: sourceOffset, as: UInt32.self)
        base.storeBytes(of: etherType, toByteOffset: etherTypeOffset, as: UInt32.self)
        base.storeBytes(of: number, toByteOffset: numberOffset, as: UInt64.self)
        let key = number &* factor
        var offset = payloadOffset
        while offset + 8 <= packet.count {
            base.storeBytes(of: key &+ UInt64(offset), toByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        withUnsafeBytes(of: key &+ UInt64(offset)) { word in
            for index in offset..<packet.count { packet[index] = word[index - offset] }
        }
    }

    /// The packet's number, or nil if it is not one of ours. `length` bytes at `packet` must be readable.
    @inline(__always)
    static func number(of packet: UnsafeRawPointer, length: UInt32) -> UInt64? {
        guard length >= leastBytes,
            packet.loadUnaligned(fromByteOffset: etherTypeOffset, as: UInt32.self) == etherType
        else { return nil }
        return packet.loadUnaligned(fromByteOffset: numberOffset, as: UInt64.self)
    }

    /// The flow of a packet of ours; no flow that was sent if the source address is not ours.
    @inline(__always)
    static func flow(of packet: UnsafeRawPointer) -> UInt32 {
        UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: sourceOffset, as: UInt32.self)) &- 1
    }

    /// Whether every payload byte is what packet `number` has.
    @inline(__always)
    static func isIntact(_ packet: UnsafeRawPointer, length: UInt32, number: UInt64) -> Bool {
        let key = number &* factor
        let end = Int(length)
        var offset = payloadOffset
        var difference: UInt64 = 0
        while offset &+ 8 <= end {
            difference |= packet.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ (key &+ UInt64(offset))
            offset &+= 8
        }
        if offset < end {
            let expected = key &+ UInt64(offset)
            var index = 0
            while offset &+ index < end {
                let byte = packet.loadUnaligned(fromByteOffset: offset &+ index, as: UInt8.self)
                #if _endian(little)
                    difference |= UInt64(byte) ^ (expected >> UInt64(8 &* index) & 0xFF)
                #else
                    difference |= UInt64(byte) ^ (expected >> UInt64(56 &- 8 &* index) & 0xFF)
                #endif
                index &+= 1
            }
        }
        return difference == 0
    }
}
