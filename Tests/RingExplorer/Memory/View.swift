/// What a thread knows, or what a store hands on to whoever reads it with acquire.
struct View: Hashable {
    static let mostLocations = 16
    static let mostThreads = 4

    /// Per location the newest store known, as a position in the location's modification order. Nothing older can be read.
    var seen = SIMD16<UInt8>()
    /// Per thread how much of it happened before: a vector clock, counted at its release operations.
    var clock = SIMD4<UInt16>()

    /// Learns what `other` knows.
    mutating func join(_ other: View) {
        seen = pointwiseMax(seen, other.seen)
        clock = pointwiseMax(clock, other.clock)
    }

    /// A store was put into the middle of `location`'s modification order at `position`: what was there moves up.
    mutating func makeRoom(at position: UInt8, in location: Int) {
        if seen[location] >= position { seen[location] += 1 }
    }
}
