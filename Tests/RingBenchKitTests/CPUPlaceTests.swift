import Testing

@testable import RingBenchKit

/// Where two CPUs lie to each other.
@Suite("CPU place")
struct CPUPlaceTests {
    private static let cpus = RingConfiguration.CPUs(0, 1)

    @Test(
        "it is the nearest that they lie in for a quarter of the looks",
        arguments: [
            // One core now and then, one last-level cache mostly, two at times.
            ([28.0, 30] + Array(repeating: 70, count: 60) + Array(repeating: 420, count: 38), 70.0, 0.6),
            (Array(repeating: 70, count: 20) + Array(repeating: 420, count: 80), 420, 0.8),
            ([100, 110, 120, 130], 115, 1),
            ([70], 70, 1),
        ])
    func nearest(_ looks: [Double], _ roundTrip: Double, _ share: Double) throws {
        let place = try #require(CPUPlace(Self.cpus, roundTrips: looks))
        #expect(place.roundTrip == roundTrip && abs(place.share - share) < 1e-9)
    }

    @Test("what is nearer is elsewhere as well as what is further")
    func elsewhere() throws {
        let place = try #require(CPUPlace(Self.cpus, roundTrips: [70]))
        for roundTrip in [28.0, 43, 113, 420] { #expect(place.isElsewhere(roundTrip), "\(roundTrip)") }
        for roundTrip in [45.0, 70, 110] { #expect(!place.isElsewhere(roundTrip), "\(roundTrip)") }
    }

    @Test("without two CPUs, or without a look, there is none")
    func none() throws {
        #expect(try CPUPlace.find(0, nil) == nil)
        #expect(try CPUPlace.find(1, 1) == nil)
        #expect(CPUPlace(Self.cpus, roundTrips: []) == nil)
    }

    @Test("a repetition that ends elsewhere is made again until the patience runs out, and then counts as one that did")
    func again() throws {
        // Nothing is that near.
        let place = try #require(CPUPlace(Self.cpus, roundTrips: [0.001]))
        var made = 0
        let (last, disturbances) = try place.measure(patience: 50_000_000) { () throws(Failure) -> Int in
            made += 1
            return made
        }
        #expect(last == made && made >= 1)
        #expect(disturbances.places?.madeAgain == made - 1 && disturbances.places?.madeElsewhere == 1)
        var window = MeasuringWindow()
        window.add(disturbances)
        window.add(disturbances)
        let sum = window.end()
        #expect(sum.process.places?.madeElsewhere == 2 && sum.warnings.contains { $0.contains("in 2 repetitions") })
    }

    @Test("this machine's are found, and what is measured there is told with where it was")
    func found() throws {
        let place = try #require(try CPUPlace.find(0, 1))
        #expect(place.roundTrip > 0 && place.share >= 0.25 && place.share <= 1)
        let (value, disturbances) = try place.measure { () throws(Failure) in 7 }
        let places = try #require(disturbances.places)
        #expect(value == 7 && places.roundTrips.lowerBound > 0)
        #expect(places.madeElsewhere == 1 || !place.isElsewhere(places.roundTrips.upperBound))
    }
}
