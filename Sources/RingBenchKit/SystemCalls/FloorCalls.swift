import CTokenRing
import Glibc
import TokenRing

/// What any crossing costs, and the two wakeups that a mapped ring would use instead of a call per batch.
final class FloorCalls: CallGroup {
    static let figures = [
        CallFigure(
            name: "getppid", contains: "one crossing into the kernel and back, and reading one number there",
            leavesOut: "everything that a useful call does", callsPerRound: 500),
        CallFigure(
            name: "eventfd_write", contains: "write of 8 bytes to an eventfd that nobody waits for",
            leavesOut: "waking a sleeping thread", callsPerRound: 300),
        CallFigure(
            name: "futex_wake_no_waiter", contains: "FUTEX_WAKE of a shared word that nobody waits for",
            leavesOut: "waking a sleeping thread", callsPerRound: 300),
    ]

    private let eventDescriptor: CInt
    private let word: Mapping

    init() throws(SystemCallError) {
        word = try Mapping(anonymous: 4096)
        eventDescriptor = try SystemCallError.check(ctr_eventfd(), "eventfd")
    }

    deinit { close(eventDescriptor) }

    func run(_ figure: Int, calls: Int) throws(SystemCallError) {
        switch figure {
        case 0:
            for _ in 0..<calls { _ = ctr_getppid() }
        case 1:
            for _ in 0..<calls { try SystemCallError.check(ctr_eventfd_signal(eventDescriptor), "write(eventfd)") }
        default:
            let address = UnsafeRawPointer(word.base).assumingMemoryBound(to: UInt32.self)
            for _ in 0..<calls { try SystemCallError.check(ctr_futex_wake(address), "futex(FUTEX_WAKE)") }
        }
    }
}
