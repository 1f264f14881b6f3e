/// The time at which `RedirectProgram` saw a packet, as it wrote it in front of the packet (`bpf_xdp_adjust_meta`,
/// `bpf_ktime_get_ns`). It travels with the packet in copy mode and in zero copy.
public enum ArrivalStamp {
    /// Bytes in front of the packet: the time, and its complement, so that other bytes are not taken for a time.
    static let byteCount = 16

    /// Nanoseconds of CLOCK_MONOTONIC, or nil if the program had no room to write it.
    ///
    /// - Parameter packet: as received through a program made with `stampsArrival`; what lies before it is headroom.
    @inlinable @inline(__always)
    public static func nanoseconds(of packet: UnsafeRawPointer) -> UInt64? {
        let stamp = (packet - 16).loadUnaligned(as: UInt64.self)
        return (packet - 8).loadUnaligned(as: UInt64.self) == ~stamp ? stamp : nil
    }
}
