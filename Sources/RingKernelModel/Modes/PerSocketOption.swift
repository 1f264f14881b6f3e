/// `SO_DEVMEM_AUTORELEASE` of v6 (sources.md A9): every socket chooses, as long as it holds no token.
final class PerSocketOption: ModeSelection {
    /// v6's number for the option.
    static let option = 85

    func bind(requested: TokenMode?) -> Result<TokenMode, BindRefusal> { .success(.manual) }
    var isPerSocket: Bool { true }
}

extension ModeSelectionMechanism {
    /// See `PerSocketOption`.
    static let perSocketOption = ModeSelectionMechanism(name: "socket option") { PerSocketOption() }
}
