import Glibc
import TokenRing

extension XDPSocket {
    /// Lets the application's own calls run the driver's poll function, on the application's CPU, instead of an interrupt's
    /// softirq: `SO_PREFER_BUSY_POLL`, `SO_BUSY_POLL` and `SO_BUSY_POLL_BUDGET` (Linux 5.11).
    ///
    /// From then on nothing arrives and nothing is sent without a call: `wakeReceive` or `waitForPackets` each round, also
    /// when no ring asks for it. It takes full effect where the interface defers interrupts (`napi_defer_hard_irqs` and
    /// `gro_flush_timeout` in /sys/class/net); otherwise they come as before.
    ///
    /// - Parameters:
    ///   - microseconds: how long a call polls at most.
    ///   - budget: packets that one round of the driver may take, 1 to 65535; above 64 takes CAP_NET_ADMIN.
    /// - Throws: `XDPError`: ENOPROTOOPT on a kernel without it, EPERM for a larger budget or a longer time.
    public borrowing func preferBusyPolling(microseconds: CInt = 20, budget: CInt = 64) throws(XDPError) {
        guard microseconds > 0, (1...65535).contains(budget) else {
            throw .configuration(
                field: "busy-poll budget", value: UInt64(max(budget, 0)),
                reason: "it must be 1 to 65535 packets, for more than 0 microseconds")
        }
        // asm-generic/socket.h: Glibc's module has none of them.
        let options: [(CInt, CInt, String)] = [
            (69, 1, "SO_PREFER_BUSY_POLL"), (46, microseconds, "SO_BUSY_POLL"), (70, budget, "SO_BUSY_POLL_BUDGET"),
        ]
        for (option, value, name) in options {
            try SocketOption.set(
                option, level: SOL_SOCKET, of: handle.file, to: value, name,
                hint: "busy polling takes Linux 5.11, and CAP_NET_ADMIN beyond the system's own limits")
        }
    }

    /// Most descriptors that one call sends in copy mode, 32 unless told (`XDP_MAX_TX_SKB_BUDGET`, Linux 6.17).
    ///
    /// - Throws: `XDPError`: ENOPROTOOPT on an older kernel, EACCES for a value that it does not take.
    public borrowing func limitSending(descriptorsPerCall count: UInt32) throws(XDPError) {
        try SocketOption.set(
            9, of: handle.file, to: count, "XDP_MAX_TX_SKB_BUDGET",
            hint: "it takes Linux 6.17, and at least 32 and at most the TX ring's size")
    }
}
