import Testing

@testable import RingKernelModel

/// The list of proposals against the rows of sources.md, and what the parts of a composition ask of each other.
@Suite("Compositions")
struct CompositionTests {
    @Test("every row A1 to A22 has a composition that stands for it", arguments: 1...22)
    func rowsAreCovered(_ row: Int) {
        #expect(Composition.all.contains { $0.rows.contains("A\(row)") })
    }

    @Test("names are unique, and each says who proposed it")
    func namesAreUnique() {
        #expect(Set(Composition.all.map(\.name)).count == Composition.all.count)
        #expect(Composition.all.allSatisfy { !$0.source.isEmpty && !$0.rows.isEmpty })
    }

    @Test("where a mode is selected, the bookkeeping keeps no ledger that the xarray could be taken for")
    func oneLedger() throws {
        for composition in Composition.all where composition.modes.name != "none" {
            let kernel = try Kernel(composition, .small)
            #expect(kernel.manual.makeLedger(for: nil) == nil)
            #expect(kernel.manual.makeLedger(for: kernel.binding) == nil)
        }
    }

    @Test("no two measured compositions run the same code for each token")
    func measuredAreDistinct() {
        let kinds = Composition.measured.map { "\($0.delivery) \($0.bookkeeping.name)" }
        #expect(Set(kinds).count == kinds.count)
        #expect(Composition.measured.first?.name == "sockopt-xarray", "what the others are measured against")
    }

    @Test("unsafe ones say so, and nothing else is unsafe on purpose")
    func ceilings() {
        #expect(Composition.all.filter { $0.standing == .ceiling }.map(\.name) == ["sockopt-pointer", "sockopt-plain"])
    }
}

extension Kernel.Configuration {
    /// 1024 buffers.
    static var small: Self {
        var configuration = Self()
        configuration.niovs = 1024
        return configuration
    }
}
