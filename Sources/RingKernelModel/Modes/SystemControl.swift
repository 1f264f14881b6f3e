import Glibc
import Synchronization

/// The sysctl of v5 (sources.md A10): one switch for the machine, read when a binding is made.
final class SystemControl: ModeSelection {
    private let value = Atomic<UInt8>(TokenMode.manual.rawValue)

    func bind(requested: TokenMode?) -> Result<TokenMode, BindRefusal> {
        .success(TokenMode(rawValue: value.load(ordering: .relaxed)) ?? .manual)
    }

    func writeSystemControl(_ value: Int) -> Int {
        guard let mode = UInt8(exactly: value).flatMap(TokenMode.init(rawValue:)) else { return -Int(EINVAL) }
        self.value.store(mode.rawValue, ordering: .relaxed)
        return 0
    }
}

extension ModeSelectionMechanism {
    /// See `SystemControl`.
    static let systemControl = ModeSelectionMechanism(name: "sysctl") { SystemControl() }
}
