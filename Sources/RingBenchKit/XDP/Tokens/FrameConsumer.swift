import CTokenRing
import FoundationEssentials
import Glibc
import SystemPackage
import TokenRing

/// A consumer of `ringbench xdp tokens`: a process without privileges that maps the UMEM for reading and a ring set, reads each
/// packet where the driver wrote it, and returns its buffer.
public enum FrameConsumer {
    /// The hidden subcommand that the process runs.
    public static let subcommand = "consume-frames"

    /// What it is told, as its one argument, in JSON.
    struct Assignment: Codable {
        /// Flows that numbered packets are of, and how many have one number.
        var flows: UInt32
        var copies: UInt32
        /// Whether the sender may have begun before.
        var startsAnywhere: Bool
        /// Most packets read at once.
        var batchSize: UInt32
        /// Whether it never sleeps.
        var spins: Bool
        /// Where it runs.
        var cpu: Int?
        /// Who it becomes.
        var userID: UInt32
        var groupID: UInt32
    }

    /// Looks at an empty ring before it sleeps: some microseconds, a tenth of what a sleep costs.
    private static let looks = 256
    /// It looks up by itself after so long, to see that the other side is there.
    private static let longestSleepNanoseconds: Int64 = 100_000_000

    /// What the process does: gives up its privileges, attaches, consumes to the end of the stream, writes down its books.
    public static func run(_ argument: String) throws(Failure) {
        let assignment: Assignment
        let page: ConsumerPage
        let client: RingSetClient
        do {
            assignment = try JSONDecoder().decode(Assignment.self, from: Data(argument.utf8))
            if let cpu = assignment.cpu { ctr_pin_thread(CInt(cpu)) }
            // Nothing of the other side is here yet.
            try SystemCallError.check(
                ctr_drop_privileges(assignment.userID, assignment.groupID), "setresuid",
                hint: "a consumer gives up its privileges with CAP_SETUID and CAP_SETGID")
            let channel = DescriptorChannel(OwnedDescriptor(ChildProcess.handedDescriptor))
            let handed = try channel.receive(upTo: 2)
            guard handed.count == 2 else { throw Failure(.usage, "two descriptors are expected") }
            client = RingSetClient(handed[0])
            page = try ConsumerPage(handed[1])
        } catch let failure as Failure {
            throw failure
        } catch let error as SystemCallError {
            throw Failure(error)
        } catch {
            throw Failure(.usage, "\(subcommand) is for ringbench itself: \(error)")
        }
        let opened = try client.open()
        let payload = try map(opened.payload, byteCount: Int(opened.answer.payload_bytes))
        var rings: FrameRings
        do { rings = try FrameRings(try RingRegion.attach(opened.region)) } catch {
            throw Failure(.systemCall, "\(error)")
        }
        var books = ConsumerBooks()
        (books.userID, books.groupID) = (geteuid(), getegid())
        ctr_capabilities(&books.capabilities)
        books.payloadAddress = UInt64(UInt(bitPattern: payload.baseAddress))
        page.publish(books, .ready)
        try consume(&rings, payload, assignment, client, page, &books)
        page.publish(books, .done)
    }

    /// For reading: what a packet says is the driver's to write.
    private static func map(_ file: OwnedDescriptor, byteCount: Int) throws(Failure) -> UnsafeRawBufferPointer {
        let base = mmap(nil, byteCount, PROT_READ, MAP_SHARED | MAP_POPULATE, file.descriptor.rawValue, 0)
        guard let base, base != MAP_FAILED else {
            throw Failure(SystemCallError("mmap", errno: errno, hint: "the UMEM cannot be mapped"))
        }
        return UnsafeRawBufferPointer(start: base, count: byteCount)
    }

    private static func consume(
        _ rings: inout FrameRings, _ payload: UnsafeRawBufferPointer, _ assignment: Assignment,
        _ client: RingSetClient, _ page: ConsumerPage, _ books: inout ConsumerBooks
    ) throws(Failure) {
        var check = FlowCheck(
            flows: assignment.flows, copies: UInt64(assignment.copies), startsAnywhere: assignment.startsAnywhere)
        var fruitless = 0
        while true {
            let pause = frameConsumeLoop(
                delivery: &rings.delivery, returns: &rings.returns, payload: payload, check: &check, books: &books,
                received: page.received, batchSize: assignment.batchSize)
            books.order = check.books
            switch pause {
            case .end:
                books.flushes += 1
                return try require(client.call(TOKEN_RING_FLUSH))
            case .returnsFull:
                books.flushes += 1
                try require(client.call(TOKEN_RING_FLUSH))
                fruitless = 0
            case .moved:
                fruitless = 0
            case .empty:
                // The kernel found the ring full before: it has more, and waits for a call.
                if rings.delivery.needsWakeup() {
                    books.kicks += 1
                    try require(client.call(TOKEN_RING_KICK))
                }
                fruitless += 1
                ctr_pause()
                guard fruitless > looks else { continue }
                fruitless = 0
                if assignment.spins { _ = sched_yield() }
                guard !assignment.spins || client.sleep(nanoseconds: 0) else { throw theOtherSideIsGone }
                guard !assignment.spins, rings.delivery.prepareToSleep() else { continue }
                books.sleeps += 1
                let isThere = client.sleep(nanoseconds: longestSleepNanoseconds)
                rings.delivery.finishSleep()
                guard isThere else { throw theOtherSideIsGone }
            }
        }
    }

    private static func require(_ answer: token_ring_serve_answer?) throws(Failure) {
        guard answer != nil else { throw theOtherSideIsGone }
    }

    /// It was killed, or it ended us: nobody is left to read the sentence but who started us by hand.
    private static let theOtherSideIsGone = Failure(.systemCall, "the receiver is gone")
}

/// The consumer's ends of its ring set.
struct FrameRings: ~Copyable {
    var delivery: ConsumerRing<MappedRingMemory<FragDescriptor>>
    var returns: ProducerRing<MappedRingMemory<TokenRange>>

    /// Delivery is ring 0, return is ring 1.
    init(_ region: RingRegion) throws(RegionError) {
        let consumer = try region.takeConsumer(of: 0, entry: FragDescriptor.self)
        let producer = try region.takeProducer(of: 1, entry: TokenRange.self)
        delivery = consumer
        returns = producer
    }
}

/// Why the consumer's loop came back.
enum FrameConsumePause {
    /// A batch was read and returned.
    case moved
    /// Nothing was there.
    case empty
    /// The return ring has no room.
    case returnsFull
    /// The stream has ended.
    case end
}

/// One batch: reads each packet at its place in the UMEM and returns the chunk that it was read in. The token is made of the
/// address that was read, and must be the one that was given: a packet that lies elsewhere would be noticed here.
@inline(never)
func frameConsumeLoop(
    delivery: inout ConsumerRing<MappedRingMemory<FragDescriptor>>,
    returns: inout ProducerRing<MappedRingMemory<TokenRange>>, payload: UnsafeRawBufferPointer,
    check: inout FlowCheck, books: inout ConsumerBooks, received: SharedWord, batchSize: UInt32
) -> FrameConsumePause {
    let batch = delivery.peek(upTo: batchSize)
    if batch.isEmpty { return .empty }
    let slots = returns.reserve(batch.count)
    if slots.isEmpty {
        delivery.cancel(batch.count)
        return .returnsFull
    }
    guard let base = payload.baseAddress else { return .end }
    // Chunks that lie side by side go back as one range; the pool hands them out in runs.
    var range = TokenRange(token_start: 0, token_count: 0)
    var given: UInt32 = 0
    var isEnd = false
    var offset: UInt32 = 0
    while offset < batch.count {
        let frag = delivery.read(at: batch[offset])
        offset &+= 1
        if frag.flags & UInt32(TOKEN_RING_FRAG_END) != 0 {
            isEnd = true
            continue
        }
        books.received &+= 1
        let (end, overflow) = frag.frag_offset.addingReportingOverflow(UInt64(frag.frag_size))
        guard !overflow, end <= UInt64(payload.count), frag.flags & UInt32(TOKEN_RING_FRAG_LINEAR) == 0 else {
            books.misplaced &+= 1
            continue
        }
        let packet = base + Int(frag.frag_offset)
        check.look(at: packet, length: frag.frag_size)
        // From where it was read, not from what we were told.
        let address = UInt64(packet - base)
        books.addresses.add(address)
        let chunk = UInt32(truncatingIfNeeded: address / UInt64(FrameConsumer.chunkBytes))
        if chunk != frag.frag_token { books.misplaced &+= 1 }
        if range.token_count > 0, chunk == range.token_start &+ range.token_count {
            range.token_count &+= 1
        } else if range.token_count > 0, chunk &+ 1 == range.token_start {
            range.token_start = chunk
            range.token_count &+= 1
        } else {
            if range.token_count > 0 {
                returns.write(range, at: slots[given])
                given &+= 1
            }
            range = TokenRange(token_start: chunk, token_count: 1)
        }
    }
    if range.token_count > 0 {
        returns.write(range, at: slots[given])
        given &+= 1
    }
    delivery.release(batch.count)
    returns.cancel(batch.count &- given)
    returns.submit(given)
    // What the source paces by: its own packets.
    received.storeRelease(UInt32(truncatingIfNeeded: books.received &- check.books.foreign))
    return isEnd ? .end : .moved
}

extension FrameConsumer {
    /// Bytes of a chunk, which is a net_iov: a page at least, and AF_XDP's chunks are a page at most.
    static var chunkBytes: UInt32 { 4096 }
}
