/// What the numbers of packets say, flow by flow.
struct FlowBooks: BitwiseCopyable, Sendable {
    /// Packets of ours.
    var numbered: UInt64 = 0
    /// Of them with a wrong byte, or a flow that cannot be.
    var corrupt: UInt64 = 0
    /// Of them that came late or more often than they were sent.
    var outOfOrder: UInt64 = 0
    /// Packets that are missing before one that came.
    var lost: UInt64 = 0
    /// Packets that are not ours.
    var foreign: UInt64 = 0
}

/// Checks numbered packets of several flows: number n is of flow n modulo the number of flows, so each flow knows which number
/// it must see next. A number stands for `copies` equal packets in a row, as in `NumberedCheck`.
struct FlowCheck: ~Copyable {
    private(set) var books = FlowBooks()
    private let flows: UInt64
    private let copies: UInt64
    /// For each flow the number behind its newest, and how often the newest came.
    private let newest: UnsafeMutablePointer<(next: UInt64, seen: UInt64)>
    private static var anywhere: UInt64 { .max }

    /// Expects `flows` flows, `copies` packets of each number.
    ///
    /// - Parameter startsAnywhere: a flow's first number is the first that comes, not its first at all.
    init(flows: UInt32, copies: UInt64, startsAnywhere: Bool = false) {
        self.flows = UInt64(max(flows, 1))
        self.copies = copies
        newest = .allocate(capacity: Int(self.flows))
        for flow in 0..<Int(self.flows) {
            (newest + flow).initialize(to: (startsAnywhere ? Self.anywhere : UInt64(flow), copies))
        }
    }

    deinit { newest.deallocate() }

    @inline(__always)
    mutating func look(at packet: UnsafeRawPointer, length: UInt32) {
        guard let number = NumberedFrame.number(of: packet, length: length) else {
            books.foreign &+= 1
            return
        }
        books.numbered &+= 1
        let flow = UInt64(NumberedFrame.flow(of: packet))
        guard flow < flows, number % flows == flow, NumberedFrame.isIntact(packet, length: length, number: number) else {
            books.corrupt &+= 1
            return
        }
        let entry = newest + Int(flow)
        let next = entry.pointee.next == Self.anywhere ? number : entry.pointee.next
        if number >= next {
            books.lost &+= (number &- next) / flows &* copies &+ (copies &- entry.pointee.seen)
            entry.pointee = (number &+ flows, 1)
        } else if number &+ flows == next, entry.pointee.seen < copies {
            entry.pointee.seen &+= 1
        } else {
            books.outOfOrder &+= 1
        }
    }
}
