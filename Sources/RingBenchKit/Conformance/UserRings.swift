import RingKernelModel
import TokenRing

/// User space's ends of one ring set: takes fragments from its delivery ring and puts tokens into whichever ring takes
/// them back. One thread.
final class UserRings {
    /// Entries looked at by one `take`.
    private static let most: UInt32 = 1024

    /// The ring set.
    let ringSet: RingSet
    private let niovBytes: UInt64
    private var delivery: ConsumerRing<MappedRingMemory<FragDescriptor>>?
    private var ranges: ProducerRing<MappedRingMemory<TokenRange>>?
    private var refill: ProducerRing<MappedRingMemory<RefillEntry>>?
    private var fill: ProducerRing<MappedRingMemory<UMEMAddress>>?
    /// Fragments that were taken from the ring and that their flow has not asked for, by socket cookie.
    private var inbox: [UInt64: [ReceivedFrag]] = [:]
    /// Bytes that entries announced to be in the socket, by socket cookie.
    private(set) var announced: [UInt64: Int] = [:]

    /// Takes up user space's ends.
    ///
    /// - Throws: `RegionError` or `LayoutError` when a ring cannot be used.
    init(_ ringSet: RingSet) throws {
        self.ringSet = ringSet
        niovBytes = UInt64(ringSet.binding.niovBytes)
        if ringSet.delivers { delivery = try ringSet.region.takeConsumer(of: RingSet.deliveryRing) }
        if let ring = ringSet.refillRing {
            refill = try ring.takeProducer()
        } else if let queue = ringSet.fillQueue {
            fill = try queue.takeProducer()
        } else {
            ranges = try ringSet.region.takeProducer(of: ringSet.returnRingNumber)
        }
    }

    // MARK: receiving

    /// Empties the delivery ring into the flows' inboxes.
    ///
    /// - Returns: entries that were there.
    @discardableResult
    func take() -> Int {
        guard delivery != nil else { return 0 }
        var taken = 0
        while true {
            let batch = delivery!.peek(upTo: Self.most)
            guard !batch.isEmpty else { return taken }
            for offset in 0..<batch.count { sort(delivery!.read(at: batch[offset])) }
            delivery!.release(batch.count)
            taken += Int(batch.count)
        }
    }

    private func sort(_ entry: FragDescriptor) {
        if entry.flags & 1 != 0 {
            announced[entry.socket_cookie, default: 0] += Int(entry.frag_size)
        } else {
            inbox[entry.socket_cookie, default: []].append(
                ReceivedFrag(offset: entry.frag_offset, size: entry.frag_size, token: entry.frag_token))
        }
    }

    /// Whether the kernel asks for a kick: data waits in a socket.
    var asksForKick: Bool { delivery?.needsWakeup() ?? false }

    /// Takes up to `most` fragments of a socket out of its inbox.
    func frags(of cookie: UInt64, upTo most: Int) -> [ReceivedFrag] {
        guard let waiting = inbox[cookie] else { return [] }
        inbox[cookie] = Array(waiting.dropFirst(most))
        return Array(waiting.prefix(most))
    }

    // MARK: looking without taking

    /// Hands out entries that were not looked at, and leaves their slots to the ring.
    func look(_ body: (FragDescriptor) -> Void) {
        guard delivery != nil else { return }
        while true {
            let batch = delivery!.peek(upTo: Self.most)
            guard !batch.isEmpty else { return }
            for offset in 0..<batch.count { body(delivery!.read(at: batch[offset])) }
        }
    }

    /// Gives up the slots of so many entries that were looked at.
    func release(_ count: Int) { delivery?.release(UInt32(count)) }

    // MARK: returning

    /// Puts ranges into the return ring; a refill ring or fill queue takes an entry for each token.
    ///
    /// - Parameter whenFull: makes room. False: it could not, and the rest is left out.
    /// - Returns: whether all went in.
    func put(_ tokens: [TokenRange], whenFull: () -> Bool) -> Bool {
        for range in tokens {
            guard ranges == nil else {
                while !putRange(range) { guard whenFull() else { return false } }
                continue
            }
            for offset in 0..<range.token_count {
                while !putBuffer(range.token_start &+ offset) { guard whenFull() else { return false } }
            }
        }
        return true
    }

    /// Puts one range into a return ring. False: full.
    func putRange(_ range: TokenRange) -> Bool {
        let slot = ranges!.reserve(1)
        guard !slot.isEmpty else { return false }
        ranges!.write(range, at: slot.first)
        ranges!.submit(1)
        return true
    }

    private func putBuffer(_ token: UInt32) -> Bool {
        putRefill(RefillEntry(offset: UInt64(token) * niovBytes)) || putFill(UInt64(token) * niovBytes)
    }

    /// Puts an entry into the refill ring as it is. False: full, or there is none.
    func putRefill(_ entry: RefillEntry) -> Bool {
        guard refill != nil else { return false }
        let slot = refill!.reserve(1)
        guard !slot.isEmpty else { return false }
        refill!.write(entry, at: slot.first)
        refill!.submit(1)
        return true
    }

    /// Puts an address into the fill queue as it is. False: full, or there is none.
    func putFill(_ address: UInt64) -> Bool {
        guard fill != nil else { return false }
        let slot = fill!.reserve(1)
        guard !slot.isEmpty else { return false }
        fill!.write(address, at: slot.first)
        fill!.submit(1)
        return true
    }

    // MARK: lying

    /// The return ring's shared indices, for a peer that lies.
    var returnIndices: (producer: SharedWord, consumer: SharedWord, capacity: UInt32) {
        let mapping: Mapping
        let layout: RingLayout
        if let ring = ringSet.refillRing {
            (mapping, layout) = (ring.mapping, ring.layout)
        } else if let queue = ringSet.fillQueue {
            (mapping, layout) = (queue.mapping, queue.layout)
        } else {
            (mapping, layout) = (ringSet.region.mapping, ringSet.region.rings[ringSet.returnRingNumber].layout)
        }
        return (
            SharedWord(at: mapping.base + Int(layout.producer)), SharedWord(at: mapping.base + Int(layout.consumer)),
            layout.capacity
        )
    }
}
