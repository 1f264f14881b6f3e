import Foundation
import Testing

@testable import RingBenchKit

/// The intervals against scipy's, on recorded runs.
@Suite("Bootstrap")
struct BootstrapTests {
    /// Fixtures/bootstrap.json, which says how it was made.
    struct Fixture: Decodable {
        let cases: [Case]
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let values: [Double]
        let base: [Double]?
        /// The smallest and the largest lower end that scipy gave, seed by seed; and upper end.
        let scipyLow: [Double]
        let scipyHigh: [Double]

        var testDescription: String { name }
    }

    static let cases: [Case] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/bootstrap.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (try? decoder.decode(Fixture.self, from: Data(contentsOf: path)).cases) ?? []
    }()

    @Test("the fixture is there, with samples of one kind and of two")
    func fixture() {
        #expect(
            Self.cases.count == 5 && Self.cases.contains { $0.base == nil } && Self.cases.contains { $0.base != nil })
    }

    @Test("an interval's ends lie where scipy's do, which move a little with its seed", arguments: cases)
    func agreesWithScipy(_ fixture: Case) {
        let interval =
            fixture.base.map { Bootstrap().interval95(of: fixture.values, over: $0) }
            ?? Bootstrap().interval95(of: fixture.values)
        // As far as scipy's own ends lie apart, once more on each side: another generator is another seed.
        #expect(Self.contains(fixture.scipyLow, interval.low), "\(interval.low) and \(fixture.scipyLow)")
        #expect(Self.contains(fixture.scipyHigh, interval.high), "\(interval.high) and \(fixture.scipyHigh)")
    }

    private static func contains(_ ends: [Double], _ value: Double) -> Bool {
        let apart = ends[1] - ends[0]
        return (ends[0] - apart - 1e-9...ends[1] + apart + 1e-9).contains(value)
    }
}
