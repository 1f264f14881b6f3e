import TokenRing
import TokenRingXDP

/// A packet as a case puts it into TX: descriptors that are valid or not, and whether it must arrive.
struct SentPacket: Sendable {
    /// Where a descriptor points.
    enum Place: Sendable {
        /// This far from the start of a free frame.
        case frame(offset: Int)
        /// Here in the UMEM, or outside it.
        case address(UInt64)
    }

    /// One descriptor.
    struct Part: Sendable {
        var place = Place.frame(offset: 0)
        var length: UInt32
        var options: UInt32 = 0
    }

    /// Its descriptors; all but the last continue, unless the case says otherwise.
    var parts: [Part]
    /// Whether it must arrive, whole and unchanged.
    var arrives = true

    /// A packet of one descriptor.
    init(length: UInt32, at place: Place = .frame(offset: 0), arrives: Bool = true) {
        parts = [Part(place: place, length: length)]
        self.arrives = arrives
    }

    /// A packet of descriptors as they are.
    init(parts: [Part], arrives: Bool) {
        self.parts = parts
        self.arrives = arrives
    }

    /// A packet of `length` bytes in as many frames of `frameBytes` as it takes.
    init(length: UInt32, inFramesOf frameBytes: UInt32) {
        parts = stride(from: 0, to: length, by: Int(frameBytes)).map { start in
            let rest = length - UInt32(start)
            return Part(
                length: min(frameBytes, rest), options: rest > frameBytes ? XDPDescriptor.continues : 0)
        }
    }

    /// Bytes of the whole packet.
    var length: UInt32 { parts.reduce(0) { $0 &+ $1.length } }
}

/// What is in a packet: an Ethernet header, and words that name the packet and their place in it.
///
/// Broadcast, so that a NIC takes it; of an experimental EtherType (0x88B5), so that strangers are told apart.
enum PacketPattern {
    /// The header and two bytes up to the first word.
    static let headerBytes = 16
    private static let header: [UInt8] =
        [UInt8](repeating: 0xff, count: 6) + [2, 0, 0, 0, 0, 1] + [0x88, 0xb5] + [0, 0]

    private static func word(_ number: UInt32, _ offset: Int) -> UInt32 {
        number << 16 | UInt32(truncatingIfNeeded: offset / 4) & 0xffff
    }

    /// Writes the packet's bytes from `start` on; `start` is a multiple of 4.
    static func write(_ number: UInt32, to bytes: UnsafeMutableRawBufferPointer, from start: Int) {
        var offset = start
        if start == 0 {
            bytes.copyBytes(from: header.prefix(bytes.count))
            offset = headerBytes
        }
        while offset - start + 4 <= bytes.count {
            bytes.storeBytes(of: word(number, offset), toByteOffset: offset - start, as: UInt32.self)
            offset += 4
        }
    }

    /// Whether these are the packet's bytes from `start` on, up to `limit` of the packet.
    static func matches(_ number: UInt32, _ bytes: UnsafeRawBufferPointer, from start: Int, limit: Int) -> Bool {
        var offset = start == 0 ? headerBytes : start
        while offset - start + 4 <= min(bytes.count, limit - start) {
            guard bytes.loadUnaligned(fromByteOffset: offset - start, as: UInt32.self) == word(number, offset) else {
                return false
            }
            offset += 4
        }
        return true
    }

    /// Whether a packet is one of ours.
    static func isOurs(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= headerBytes && bytes[12] == 0x88 && bytes[13] == 0xb5
    }
}
