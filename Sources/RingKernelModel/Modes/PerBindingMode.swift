/// The proposal's way (S15): the mode is an attribute of the binding, and bindings do not ask each other.
final class PerBindingMode: ModeSelection {
    func bind(requested: TokenMode?) -> Result<TokenMode, BindRefusal> { .success(requested ?? .manual) }
}

extension ModeSelectionMechanism {
    /// See `PerBindingMode`.
    static let perBinding = ModeSelectionMechanism(name: "per binding") { PerBindingMode() }
}
