import Glibc

/// Mina Almasry's further simplification (sources.md A12): the first RX binding decides until the machine is booted again; a
/// debugfs file for tests takes the decision back while nothing is bound.
final class FirstBindingForBoot: ModeSelection, @unchecked Sendable {
    private let lock = SpinLock()
    nonisolated(unsafe) private var mode: TokenMode?
    nonisolated(unsafe) private var bindings = 0
    /// Bindings since the decision was free that were made, or are being made.
    nonisolated(unsafe) private var deciders = 0

    func bind(requested: TokenMode?) -> Result<TokenMode, BindRefusal> {
        let wanted = requested ?? .manual
        return lock.withLock {
            if let mode, mode != wanted {
                return .failure(BindRefusal(EBUSY, "autorelease=\(mode.rawValue) was decided by the first binding"))
            }
            mode = wanted
            bindings += 1
            deciders += 1
            return .success(wanted)
        }
    }

    /// A bind that fails decides nothing, unless another has succeeded with the same mode (B15).
    func abandon() {
        lock.withLock {
            bindings -= 1
            deciders -= 1
            if deciders == 0 { mode = nil }
        }
    }

    func freed() { lock.withLock { bindings -= 1 } }

    /// The debugfs file: any value takes the decision back. 0, or -EBUSY while a binding exists.
    func writeSystemControl(_ value: Int) -> Int {
        lock.withLock {
            guard bindings == 0 else { return -Int(EBUSY) }
            mode = nil
            deciders = 0
            return 0
        }
    }
}

extension ModeSelectionMechanism {
    /// See `FirstBindingForBoot`.
    static let firstBindingForBoot = ModeSelectionMechanism(name: "first binding, for the boot session") {
        FirstBindingForBoot()
    }
}
