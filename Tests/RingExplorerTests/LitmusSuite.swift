import RingExplorer
import Testing

/// The explorer's machine is the memory model that it says: of each test exactly the allowed outcomes are reached.
@Suite("Litmus tests")
struct LitmusSuite {
    @Test("all that is allowed is reached and nothing that is forbidden", arguments: Litmus.all.map(\.name))
    func outcomes(name: String) throws {
        let litmus = try #require(Litmus.all.first { $0.name == name })
        #expect(Explorer.explore(litmus.program).outcomes == litmus.expected)
        #expect(litmus.forbidden.isSubset(of: litmus.combinations), "a forbidden outcome is misspelt")
        #expect(litmus.combinations.contains(litmus.exists))
    }
}
