/// 128 bits that stand for a state. Two different states of one exploration get the same with a chance of about 10^-25 at
/// ten million states.
struct Fingerprint: Hashable {
    private var low: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var high: UInt64 = 0xBF58_476D_1CE4_E5B9

    mutating func mix(_ value: UInt64) {
        low = Self.fold(low ^ value, 0xA076_1D64_78BD_642F)
        high = Self.fold(high &+ value ^ 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3) &+ low
    }

    mutating func mix(_ value: Int) { mix(UInt64(truncatingIfNeeded: value)) }

    mutating func mix(_ other: Fingerprint) {
        mix(other.low)
        mix(other.high)
    }

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (high, low) = left.multipliedFullWidth(by: right)
        return high ^ low &+ left
    }
}
