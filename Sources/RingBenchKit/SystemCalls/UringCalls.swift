import CTokenRing
import Glibc
import TokenRing

/// `io_uring_enter` and `io_uring_register`, the ways into the kernel of a zcrx program: the first delivers, the second
/// flushes the refill ring when it is full.
final class UringCalls: CallGroup {
    private static let setup = "ring set up as zcrx demands (SINGLE_ISSUER, DEFER_TASKRUN) where the kernel can"

    static let figures =
        [
            CallFigure(
                name: "io_uring_enter_empty", contains: "crossing with nothing to submit; \(setup)",
                leavesOut: "any work", callsPerRound: 300)
        ]
        + [1, 16, 64].map { count in
            CallFigure(
                name: "io_uring_enter_\(count)_nop\(count == 1 ? "" : "s")",
                contains: "submission and completion of \(count) IORING_OP_NOP, completions reaped; \(setup)",
                leavesOut: "any work of the operations", callsPerRound: count > 1 ? 40 : 200)
        } + [
            CallFigure(
                name: "io_uring_register_refused",
                contains: "crossing, the ring's lock, and a refusal: the floor of ZCRX_CTRL_FLUSH_RQ; \(setup)",
                leavesOut: "reading the refill ring and dropping references", callsPerRound: 300)
        ]
    private static let operations: [UInt32] = [0, 1, 16, 64]

    private var ring = ctr_uring()

    init() throws(SystemCallError) {
        let result = ctr_uring_open(&ring, 64)
        let hint = result == -EPERM ? "io_uring is disabled here: sysctl kernel.io_uring_disabled" : ""
        try SystemCallError.check(result, "io_uring_setup", hint: hint)
    }

    deinit { ctr_uring_close(&ring) }

    func run(_ figure: Int, calls: Int) throws(SystemCallError) {
        guard figure < Self.operations.count else {
            for _ in 0..<calls { try SystemCallError.check(ctr_uring_register_nothing(&ring), "io_uring_register") }
            return
        }
        let count = Self.operations[figure]
        for _ in 0..<calls {
            let completed = ctr_uring_enter_nops(&ring, count)
            guard completed == CInt(count) else {
                throw SystemCallError(
                    "io_uring_enter", errno: completed < 0 ? completed : EPROTO,
                    hint: "\(completed) of \(count) completed")
            }
        }
    }
}
