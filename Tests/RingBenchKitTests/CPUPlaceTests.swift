import Testing

@testable import RingBenchKit

/// Where two CPUs lie to each other.
@Suite("CPU place")
struct CPUPlaceTests {
    private static let cpus = RingConfiguration.CPUs(0, 1)
    private let quiet = Progress(quiet: true)

    @Test(
        "it is the nearest that they lie in for a good part of the looks",
        arguments: [
            // One core now and then, one last-level cache mostly, two at times.
            ([28.0, 30] + Array(repeating: 70, count: 60) + Array(repeating: 420, count: 38), 70.0, 0.6),
            (Array(repeating: 70, count: 10) + Array(repeating: 420, count: 90), 420, 0.9),
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
        #expect(try CPUPlace.find(.usual, 0, nil, quiet) == nil)
        #expect(try CPUPlace.find(.usual, 1, 1, quiet) == nil)
        #expect(try CPUPlace.find(.any, 0, 1, quiet) == nil)
        #expect(CPUPlace(Self.cpus, roundTrips: []) == nil)
    }

    @Test("a repetition that ends elsewhere is made again until the patience runs out, and then counts as one that did")
    func again() throws {
        // Nothing is that near.
        let place = try #require(CPUPlace(Self.cpus, roundTrips: [0.001]))
        var made = 0
        let (last, visits) = try place.measure(patience: 50_000_000) { () throws(Failure) -> Int in
            made += 1
            return made
        }
        #expect(last == made && made >= 1)
        #expect(visits.madeAgain == made - 1 && visits.madeElsewhere == 1)
        var window = MeasuringWindow()
        window.add(visits)
        window.add(visits)
        let sum = window.end()
        #expect(sum.process.places?.madeElsewhere == 2 && sum.warnings.contains { $0.contains("in 2 repetitions") })
    }

    @Test("repetitions wait for a minute in all and for twice what they measure, one for five seconds at the most")
    func patience() {
        let second: Int64 = 1_000_000_000
        func visits(worked: Int64, waited: Int64) -> CPUPlace.Visits {
            CPUPlace.Visits(roundTrips: 70...70, madeAgain: 0, madeElsewhere: 1, worked: worked, waited: waited)
        }
        let patience = PlacePatience()
        for _ in 0..<11 {
            #expect(patience.next == 5 * second)
            patience.note(visits(worked: 0, waited: 5 * second))
        }
        patience.note(visits(worked: 0, waited: 7 * second))
        #expect(patience.next == 0)
        patience.note(visits(worked: 2 * second, waited: 0))
        #expect(patience.next == 2 * second)
        patience.note(nil)
        #expect(patience.next == 2 * second)
    }

    @Test("one that is given is not looked for")
    func given() throws {
        #expect(try CPUPlace.find(.roundTrip(70), 0, 1, quiet)?.roundTrip == 70)
    }

    @Test("this machine's are found, and what is measured there is told with where it was")
    func found() throws {
        let cpus = HostEnvironment().cpus
        try #require(cpus.count >= 2)
        let place = try #require(try CPUPlace.find(.usual, cpus[0], cpus[1], quiet))
        #expect(place.roundTrip > 0 && place.share >= 0.15 && place.share <= 1)
        let (value, visits) = try place.measure(patience: 5_000_000_000) { () throws(Failure) in 7 }
        #expect(value == 7 && visits.roundTrips.lowerBound > 0)
        #expect(visits.madeElsewhere == 1 || !place.isElsewhere(visits.roundTrips.upperBound))
    }
}
