import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// Counts one event of the thread that makes it, by perf_event_open(2). Reading is a system call: before and after what is
/// measured, never inside.
struct EventCounter {
    /// What can be counted (include/uapi/linux/perf_event.h).
    enum Event {
        /// Instructions that were retired; needs hardware counters.
        case instructions
        /// Page faults; the kernel counts them everywhere.
        case pageFaults

        fileprivate var number: (type: UInt32, config: UInt64) {
            switch self {
            case .instructions: (0, 1)
            case .pageFaults: (1, 2)
            }
        }
    }

    private let descriptor: OwnedDescriptor
    /// Whether what the kernel executes for the thread is counted too.
    let includesKernel: Bool

    /// Counts from now on, what the kernel does included if that is permitted.
    ///
    /// - Throws: `SystemCallError`, the reason in its hint.
    init(_ event: Event) throws(SystemCallError) {
        let (type, config) = event.number
        var opened = ctr_count_event(type, config, 1)
        includesKernel = opened >= 0
        if [-EACCES, -EPERM].contains(opened) { opened = ctr_count_event(type, config, 0) }
        descriptor = try OwnedDescriptor(opened, of: "perf_event_open", hint: Self.hint(for: opened))
    }

    /// Events so far; nil if others had the counter in between.
    var count: UInt64? {
        var count = ctr_event_count()
        let bytes = withUnsafeMutableBytes(of: &count) {
            Glibc.read(descriptor.descriptor.rawValue, $0.baseAddress, $0.count)
        }
        guard bytes == MemoryLayout<ctr_event_count>.size, count.running_ns == count.enabled_ns else { return nil }
        return count.events
    }

    /// Of whom this host counts instructions, or why of nobody.
    static var instructionsFinding: Finding<String> {
        Finding { () throws(SystemCallError) in
            try EventCounter(.instructions).includesKernel ? "user and kernel" : "user"
        }
    }

    private static func hint(for error: CInt) -> String {
        switch -error {
        case ENOENT, EOPNOTSUPP, ENODEV:
            "this machine has no counter of instructions, as many virtual machines; make instructions counts them by valgrind"
        case EACCES, EPERM:
            "it takes CAP_PERFMON, or a kernel.perf_event_paranoid of 2 or less, here "
                + (HostFile.text("/proc/sys/kernel/perf_event_paranoid") ?? "unknown")
        case ENOSYS: "this kernel has no perf events"
        default: ""
        }
    }
}
