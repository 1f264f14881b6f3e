/// The composition has one way to remember tokens and nothing to choose.
final class FixedMode: ModeSelection {
    func bind(requested: TokenMode?) -> Result<TokenMode, BindRefusal> { .success(.manual) }
}

extension ModeSelectionMechanism {
    /// See `FixedMode`.
    static let none = ModeSelectionMechanism(name: "none") { FixedMode() }
}
