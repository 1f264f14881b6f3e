/// What the sources say of one way to choose between the two token modes.
struct ModeRules: Sendable {
    /// Where the choice is made.
    enum Chooser: Sendable {
        /// There is none.
        case nobody
        /// An attribute of bind.
        case bind
        /// A socket option.
        case socket
        /// A file.
        case systemControl
    }

    /// `ModeSelectionMechanism.name`.
    let mechanism: String
    let chooser: Chooser
    /// Whether a binding of the other mode is refused with EBUSY while there is one (S15).
    let isSystemWide: Bool
    /// Whether the mode stays decided when the last binding is freed.
    var outlivesBindings = false
    /// Where that is from.
    let source: String

    /// One line a mechanism.
    static let all = [
        ModeRules(mechanism: "none", chooser: .nobody, isSystemWide: false, source: "one bookkeeping"),
        ModeRules(mechanism: "per binding", chooser: .bind, isSystemWide: false, source: "S15, Jakub Kicinski on v10"),
        ModeRules(mechanism: "socket option", chooser: .socket, isSystemWide: false, source: "A9"),
        ModeRules(mechanism: "sysctl", chooser: .systemControl, isSystemWide: false, source: "A10"),
        ModeRules(
            mechanism: "first binding, for the boot session", chooser: .bind, isSystemWide: true,
            outlivesBindings: true,
            source: "A12"),
        ModeRules(mechanism: "netlink attribute, system-wide", chooser: .bind, isSystemWide: true, source: "A11"),
    ]
}
