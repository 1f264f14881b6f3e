import Glibc
import Synchronization

/// Ctrl-C and SIGTERM as a flag that the measuring loops look at between repetitions. A second one ends at once.
public enum Interrupt {
    private static let seen = Atomic<Bool>(false)

    /// Whether the user asked to stop.
    public static var isRequested: Bool { seen.load(ordering: .relaxed) }

    /// Sets the flag as a signal would.
    public static func request() { seen.store(true, ordering: .relaxed) }

    /// Installs the handlers. Call once, before the first thread.
    public static func install() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                if Interrupt.isRequested { _exit(128 + number) }
                Interrupt.request()
            }
        }
    }
}
