import CTokenRing
import RingKernelModel

/// What one consumer had, by its own books and by the kernel's.
public struct TokenConsumerReport: Encodable, Sendable {
    /// From 0.
    public let number: Int
    /// Who it was while it consumed.
    public let userID: UInt32
    /// Effective capabilities that it had, a bit each; 0 for none.
    public let capabilities: UInt64
    /// Its exit code, or 128 plus the signal that ended it.
    public let exitCode: Int32
    /// Whether this run killed it.
    public let wasKilled: Bool
    /// Packets that its socket took, and those that it refused: closed, or neither ring nor queue had room.
    public let delivered: UInt64
    public let refused: UInt64
    /// Packets that its socket took after a consumer was killed; nil if none was.
    public let deliveredAfterKill: UInt64?
    /// Packets that it read, by its books; of one that was killed, as far as it had said.
    public let received: UInt64
    /// Packets that it read elsewhere than in the chunk that their token names.
    public let payloadCopies: UInt64
    /// Whether it read the addresses that the driver wrote to, all and in that order. False for one that was killed.
    public let addressesMatch: Bool
    /// Pages of its mapping that are physically the UMEM's; nil if that cannot be known.
    public let sharedPages: Int?
    /// By the packets' numbers.
    public let lost: UInt64
    public let outOfOrder: UInt64
    public let corrupt: UInt64
    public let foreign: UInt64
    /// Tokens that the clean-up took back when it had ended.
    public let takenBack: Int
    /// Whether the clean-up is that of the ring set's close.
    let isTakenBackAtClose: Bool
    /// Calls that it made, and times that it slept.
    public let kicks: UInt64
    public let flushes: UInt64
    public let sleeps: UInt64
    /// The kernel's counters of its ring set.
    public let counters: Counters

    /// `struct token_ring_counters`.
    public struct Counters: Encodable, Sendable {
        public let delivered: UInt64
        public let returned: UInt64
        public let outOfRange: UInt64
        public let notHeld: UInt64
        public let indexViolations: UInt64
        public let deliveryFull: UInt64
        public let starved: UInt64

        private enum CodingKeys: String, CodingKey {
            case delivered, returned, starved
            case outOfRange = "out_of_range"
            case notHeld = "not_held"
            case indexViolations = "index_violations"
            case deliveryFull = "delivery_full"
        }

        init(_ counters: token_ring_counters) {
            delivered = counters.delivered
            returned = counters.returned
            outOfRange = counters.out_of_range
            notHeld = counters.not_held
            indexViolations = counters.index_violations
            deliveryFull = counters.delivery_full
            starved = counters.starved
        }
    }

    private enum CodingKeys: String, CodingKey {
        case number, delivered, refused, received, lost, corrupt, foreign, kicks, flushes, sleeps, counters
        case userID = "uid"
        case capabilities = "effective_capabilities"
        case exitCode = "exit_code"
        case wasKilled = "killed"
        case deliveredAfterKill = "delivered_after_kill"
        case payloadCopies = "payload_copies"
        case addressesMatch = "addresses_match"
        case sharedPages = "shared_pages"
        case outOfOrder = "out_of_order"
        case takenBack = "taken_back"
    }

    init(
        _ consumer: TokenConsumer, delivered: UInt64, refused: UInt64, addresses: AddressDigest, afterKill: UInt64?,
        wasKilled: Bool, sharedPages: Int?
    ) {
        let books = consumer.page.books
        let isDone = consumer.page.state == .done
        number = consumer.number
        (userID, capabilities) = (books.userID, books.capabilities)
        exitCode = consumer.ending?.exitCode ?? -1
        self.wasKilled = wasKilled
        (self.delivered, self.refused) = (delivered, refused)
        deliveredAfterKill = afterKill
        received = isDone ? books.received : UInt64(consumer.page.received.loadAcquire())
        payloadCopies = books.misplaced
        addressesMatch = isDone && books.addresses == addresses
        self.sharedPages = sharedPages
        (lost, outOfOrder) = (books.order.lost, books.order.outOfOrder)
        (corrupt, foreign) = (books.order.corrupt, books.order.foreign)
        takenBack = consumer.ending?.takenBack ?? 0
        isTakenBackAtClose = consumer.ringSet.binding.cleanUp == .ringClose
        (kicks, flushes, sleeps) = (books.kicks, books.flushes, books.sleeps)
        counters = Counters(consumer.ending?.counters ?? token_ring_counters())
    }
}
