import Glibc

/// `NETDEV_A_DMABUF_AUTORELEASE` of v7 to v10 (sources.md A11): the first RX binding locks the mode of the whole system, another
/// mode is refused, and the lock opens when the last RX binding is *freed*: a token that is out keeps it.
final class SystemWideAttribute: ModeSelection, @unchecked Sendable {
    private let lock = SpinLock()
    nonisolated(unsafe) private var mode = TokenMode.manual
    nonisolated(unsafe) private var bindings = 0

    func bind(requested: TokenMode?) -> Result<TokenMode, BindRefusal> {
        let wanted = requested ?? .manual
        return lock.withLock {
            guard bindings == 0 || mode == wanted else {
                return .failure(
                    BindRefusal(EBUSY, "System already configured with autorelease=\(mode.rawValue)"))
            }
            mode = wanted
            bindings += 1
            return .success(wanted)
        }
    }

    func abandon() { freed() }

    func freed() {
        lock.withLock {
            bindings -= 1
            if bindings == 0 { mode = .manual }
        }
    }
}

extension ModeSelectionMechanism {
    /// See `SystemWideAttribute`.
    static let systemWideAttribute = ModeSelectionMechanism(name: "netlink attribute, system-wide") {
        SystemWideAttribute()
    }
}
