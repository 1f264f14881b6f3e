import RingKernelModel

/// A case: what is done, written once for all proposals, and what the sources say is seen.
struct Scenario: Sendable {
    /// The row of the sources, such as S2.
    let id: String
    /// What happens, in a few words.
    let name: String
    let expectations: [Expectation]
    /// Whether the kernel starts with nothing bound.
    var isBare = false
    /// Whether tokens that are out at the end are left out, because that is what the case is about.
    var keepsTokens = false
    let configure: @Sendable (inout Kernel.Configuration) -> Void
    /// Drives the kernel and says what it sees. A throw is a failure of the case.
    let run: @Sendable (ScenarioKernel) throws -> Void

    init(
        _ id: String, _ name: String, bare: Bool = false, keepsTokens: Bool = false, expect: [Expectation],
        configure: @escaping @Sendable (inout Kernel.Configuration) -> Void = { _ in },
        run: @escaping @Sendable (ScenarioKernel) throws -> Void
    ) {
        self.id = id
        self.name = name
        self.isBare = bare
        self.keepsTokens = keepsTokens
        expectations = expect
        self.configure = configure
        self.run = run
    }

    /// A row that is not applicable to any proposal here.
    init(_ id: String, _ name: String, nowhereBecause reason: String) {
        self.init(id, name, expect: [.notApplicable(reason)]) { _ in }
    }

    /// Every case, in the order of the sources.
    static let all: [Scenario] =
        returns + lifeTime + rings + threads + limits + mechanisms + devmemSelftests + zcrxSelftests

    /// The case of that id.
    static func named(_ id: String) -> Scenario? { all.first { $0.id == id } }
}
