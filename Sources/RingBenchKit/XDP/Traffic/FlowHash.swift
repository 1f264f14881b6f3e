/// Which flow a packet is of, as a NIC's receive-side scaling hashes it: addresses, protocol and ports of TCP and UDP over IP,
/// addresses of other IP, and for everything else the Ethernet addresses and the type.
enum FlowHash {
    /// The hash; equal for all packets of a flow. `length` bytes at `packet` are readable.
    @inline(__always)
    static func of(_ packet: UnsafeRawPointer, length: UInt32) -> UInt32 {
        guard length >= 16 else { return 0 }
        switch UInt16(bigEndian: word(packet, 12)) {
        case 0x0800 where length >= 34: return internet4(packet, length)
        case 0x86DD where length >= 54: return internet6(packet, length)
        // Destination, and source with the type.
        default: return mix(word(packet, 0, as: UInt64.self) ^ word(packet, 6, as: UInt64.self) &* 31)
        }
    }

    private static func internet4(_ packet: UnsafeRawPointer, _ length: UInt32) -> UInt32 {
        let transport = 14 &+ UInt32(word(packet, 14, as: UInt8.self) & 15) &* 4
        let number = word(packet, 23, as: UInt8.self)
        // A later fragment has no ports.
        let isFragment = UInt16(bigEndian: word(packet, 20)) & 0x3FFF != 0
        let hasPorts = !isFragment && (number == 6 || number == 17) && length >= transport &+ 4
        let ports = hasPorts ? word(packet, Int(transport), as: UInt32.self) : 0
        return mix(word(packet, 26, as: UInt64.self) ^ (UInt64(ports) << 16 | UInt64(number)) &* 31)
    }

    private static func internet6(_ packet: UnsafeRawPointer, _ length: UInt32) -> UInt32 {
        let number = word(packet, 20, as: UInt8.self)
        let ports = (number == 6 || number == 17) && length >= 58 ? word(packet, 54, as: UInt32.self) : 0
        var key = UInt64(ports) << 16 | UInt64(number)
        for offset in [22, 30, 38, 46] { key = key &* 31 ^ word(packet, offset, as: UInt64.self) }
        return mix(key)
    }

    @inline(__always)
    private static func word<Word: BitwiseCopyable>(
        _ packet: UnsafeRawPointer, _ offset: Int, as _: Word.Type = Word.self
    ) -> Word {
        packet.loadUnaligned(fromByteOffset: offset, as: Word.self)
    }

    /// The upper half of a product: every bit of the key counts.
    @inline(__always)
    private static func mix(_ key: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: ((key ^ key >> 32) &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
