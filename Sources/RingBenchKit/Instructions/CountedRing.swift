import CRingBaselines
import TokenRing

/// A ring that one thread fills and then empties: nothing waits, so that each run executes the same instructions.
public enum CountedRing {
    /// Slots: room for all entries, also where one slot stays free.
    private static let capacity: UInt32 = 65536
    private static let entries: UInt64 = 61440

    /// Fills and empties the ring of one implementation.
    ///
    /// - Returns: entries moved.
    /// - Throws: `Failure`: `.unavailable` for a ring of another project that is not there, `.invariantBroken` when an entry is not
    ///   what was submitted.
    public static func run(
        _ implementation: RingImplementation, entryBytes: UInt32, batch: UInt32
    ) throws(Failure) -> UInt64 {
        let peers = RingImplementation.peers.contains(implementation) ? try RingPeers() : .none
        guard
            let contender = (RingContender.own + peers.contenders).first(where: { $0.implementation == implementation })
        else { throw Failure(.unavailable, peers.missing[implementation] ?? implementation.rawValue) }
        guard [8, 16].contains(entryBytes), batch > 0, entries.isMultiple(of: UInt64(batch)) else {
            throw Failure(.usage, "entries have 8 or 16 bytes, and \(entries) are a whole number of batches")
        }
        let run = crb_run(
            entries: entries, batch: batch, first: 1, second: 2, patience: 1, ticks: nil)
        do {
            let arena = try RingArena(capacity: capacity, entryBytes: entryBytes, for: [contender])
            contender.prepare(arena)
            let produced = try contender.produce(arena, run)
            let seen = try contender.consume(arena, run)
            guard produced == entries, seen.entries == entries, seen.wrong == .max else {
                throw Failure(.invariantBroken, "\(implementation.rawValue): an entry is not what was submitted")
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.systemCall, "\(error)")
        }
        return entries
    }
}
