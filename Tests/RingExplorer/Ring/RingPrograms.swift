import CTokenRing
import TokenRing

/// The programs that the shipped rings are explored with.
public enum RingPrograms {
    private static let beforeWrap = UInt32.max

    /// All of them. The ring has every barrier, so none may go wrong.
    public static var all: [Program] {
        RingPublication.allCases.flatMap { publication in
            [0, beforeWrap].flatMap { start in
                [1, 2].flatMap { capacity in
                    programs(RingShape(publication, capacity: capacity, start: start))
                }
            }
        }
    }

    /// Those that take less than a second each even without optimisation, and one for each side that sleeps: for mutations.
    public static var quick: [Program] {
        RingPublication.allCases.flatMap { publication in
            [1, 2].flatMap { capacity in
                programs(RingShape(publication, capacity: capacity, start: beforeWrap))
                    .filter { !$0.name.hasPrefix("sleep and wake") }
            } + smallest(publication)
        }
    }

    private static func programs(_ shape: RingShape) -> [Program] {
        let many = Int(shape.capacity) + 1
        func program(_ name: String, _ use: some RingUse) -> Program {
            shape.program(of: token_ring_range.self, use).named("\(name), \(shape.description)")
        }
        return [
            program("transfer", Transfer(batch: 1, submissions: many, looks: many)),
            shape.program(of: token_ring_frag.self, Transfer(batch: 2, submissions: 2, looks: 2))
                .named("transfer of 32-byte batches, \(shape.description)"),
            program("parts and cancel", Parts()),
            program("sleep and wake, futex", Wakeup(sleep: .futex)),
            program("sleep and wake, eventfd", Wakeup(sleep: .eventfd)),
            program("room, sleep and wake", RoomWakeup()),
            program("producer killed", ProducerSuccession()),
            program("consumer killed", ConsumerSuccession()),
        ]
    }

    /// The smallest programs that need each barrier, without that barrier: each must be found wrong.
    public static func without(_ barrier: Barrier, _ publication: RingPublication) -> Program {
        switch barrier {
        case .consumerAcquire, .consumerRelease: slotUsedAgain(publication, barrier)
        case .publishRelease, .publishedAcquire: oneEntry(publication, barrier)
        case .wakeFence, .sleepFence: oneWakeup(publication, barrier)
        }
    }

    /// The same with every barrier in its place: none may be found wrong.
    public static func smallest(_ publication: RingPublication) -> [Program] {
        [slotUsedAgain(publication, nil), oneEntry(publication, nil), oneWakeup(publication, nil)]
    }

    // Tests/Relacy/main.cpp has the same three under the same names.

    private static func slotUsedAgain(_ publication: RingPublication, _ missing: Barrier?) -> Program {
        smallest("2 submissions, 1 look", publication, missing, Transfer(submissions: 2, looks: 1))
    }

    private static func oneEntry(_ publication: RingPublication, _ missing: Barrier?) -> Program {
        smallest("1 submission, 1 look", publication, missing, Transfer(submissions: 1, looks: 1))
    }

    private static func oneWakeup(_ publication: RingPublication, _ missing: Barrier?) -> Program {
        smallest("1 entry, sleep and wake", publication, missing, Wakeup(entries: 1, sleep: .eventfd))
    }

    private static func smallest(
        _ what: String, _ publication: RingPublication, _ missing: Barrier?, _ use: some RingUse
    ) -> Program {
        let shape = RingShape(publication, capacity: 1, without: missing)
        let name = publication == .index ? "by index" : "in slot"
        return shape.program(of: token_ring_range.self, use)
            .named("\(name), \(what)" + (missing.map { " without \($0.rawValue)" } ?? ""))
    }
}
