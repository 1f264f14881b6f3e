import CTokenRing
import RingKernelModel

/// The books of a server when it has ended: what every ring set had, and where every buffer is.
public struct ServeReport: Sendable {
    /// Ring sets that were made.
    public internal(set) var ringSets = 0
    /// Calls on their descriptors.
    public internal(set) var calls: UInt64 = 0
    /// Calls that were refused because the message was none.
    public internal(set) var refusedCalls: UInt64 = 0
    /// Fragments delivered, one token each.
    public internal(set) var delivered: UInt64 = 0
    /// Tokens returned by whichever way.
    public internal(set) var returned: UInt64 = 0
    /// Tokens that were taken back when their ring set closed.
    public internal(set) var takenBackAtClose = 0
    /// Tokens that were taken back when the last user was gone.
    public internal(set) var takenBackAtEnd = 0
    /// Returned tokens that the binding cannot have.
    public internal(set) var outOfRange: UInt64 = 0
    /// Returned tokens that whoever returned them did not hold.
    public internal(set) var notHeld: UInt64 = 0
    /// Indices that could not be.
    public internal(set) var indexViolations: UInt64 = 0
    /// Times that a delivery ring had no room.
    public internal(set) var deliveryFull: UInt64 = 0
    /// Times that the page pool had no buffer.
    public internal(set) var starved: UInt64 = 0
    /// The page pool at the end.
    public internal(set) var pool: PagePool.Audit?

    /// Whether every token that went out came back once, and every buffer is in the pool.
    public var isEverythingHome: Bool {
        pool?.isWhole == true && delivered == returned + UInt64(clamping: takenBackAtClose + takenBackAtEnd)
    }

    /// Adds what a ring set had when it closed.
    mutating func add(_ counters: token_ring_counters) {
        delivered += counters.delivered
        returned += counters.returned
        outOfRange += counters.out_of_range
        notHeld += counters.not_held
        indexViolations += counters.index_violations
        deliveryFull += counters.delivery_full
        starved += counters.starved
    }
}

extension ServeReport: Encodable {
    private enum Key: String, CodingKey { case serve }

    private enum Row: String, CodingKey {
        case calls, delivered, returned, starved, buffers
        case ringSets = "ring_sets"
        case refusedCalls = "refused_calls"
        case takenBackAtClose = "taken_back_at_ring_close"
        case takenBackAtEnd = "taken_back_with_last_user"
        case outOfRange = "out_of_range"
        case notHeld = "not_held"
        case indexViolations = "index_violations"
        case deliveryFull = "delivery_full"
        case buffersHome = "buffers_home"
        case doubleFrees = "double_frees"
        case freedWhileHeld = "freed_while_held"
        case isEverythingHome = "everything_home"
    }

    /// One object under `serve`.
    public func encode(to encoder: any Encoder) throws {
        var document = encoder.container(keyedBy: Key.self)
        var row = document.nestedContainer(keyedBy: Row.self, forKey: .serve)
        try row.encode(ringSets, forKey: .ringSets)
        try row.encode(calls, forKey: .calls)
        try row.encode(refusedCalls, forKey: .refusedCalls)
        try row.encode(delivered, forKey: .delivered)
        try row.encode(returned, forKey: .returned)
        try row.encode(takenBackAtClose, forKey: .takenBackAtClose)
        try row.encode(takenBackAtEnd, forKey: .takenBackAtEnd)
        try row.encode(outOfRange, forKey: .outOfRange)
        try row.encode(notHeld, forKey: .notHeld)
        try row.encode(indexViolations, forKey: .indexViolations)
        try row.encode(deliveryFull, forKey: .deliveryFull)
        try row.encode(starved, forKey: .starved)
        try row.encodeIfPresent(pool?.buffers, forKey: .buffers)
        try row.encodeIfPresent(pool?.freeBuffers, forKey: .buffersHome)
        try row.encodeIfPresent(pool?.doubleFrees, forKey: .doubleFrees)
        try row.encodeIfPresent(pool?.freedWhileHeld, forKey: .freedWhileHeld)
        try row.encode(isEverythingHome, forKey: .isEverythingHome)
    }

    private var buffers: String {
        guard let pool else { return "not counted yet" }
        return "\(pool.freeBuffers) of \(pool.buffers) are home, \(pool.doubleFrees) freed twice, "
            + "\(pool.freedWhileHeld) freed while held"
    }

    /// The table that a terminal shows.
    public var text: String {
        var table = TextTable(["tokens", "count"])
        table.add(["delivered", "\(delivered)"])
        table.add(["returned", "\(returned)"])
        table.add(["taken back when their ring set closed", "\(takenBackAtClose)"])
        table.add(["taken back when the last user was gone", "\(takenBackAtEnd)"])
        table.add(["refused: not in the binding", "\(outOfRange)"])
        table.add(["refused: not held", "\(notHeld)"])
        return """
            \(table.text)

            ring sets    \(ringSets), \(calls) calls, \(refusedCalls) of them refused; \(indexViolations) indices that could not be
            kernel       delivery ring full \(deliveryFull) times, page pool empty \(starved) times
            buffers      \(buffers)
            \(isEverythingHome ? "everything is home" : "NOT everything is home")
            """
    }
}
