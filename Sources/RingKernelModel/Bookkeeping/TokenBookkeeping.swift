/// How the kernel remembers which tokens user space holds. One implementation a file; all calls are a batch long.
///
/// `issue` and `release` may run at once on different threads, as recvmsg, setsockopt and softirq do. An implementation
/// serves all bindings and owners of a kernel: what it keeps lives in the net_iovs or in the owner's ledger.
public protocol TokenBookkeeping: AnyObject, Sendable {
    /// How many bindings an owner may receive from: 1 when a token does not say which (B8), else as many as it can name.
    var mostBindings: Int { get }

    /// What is kept per owner, if anything. `binding` is nil when the owner has not received yet; a mechanism that needs
    /// one answers nil and is asked again.
    func makeLedger(for binding: Binding?) -> AnyObject?

    /// Whether a return from this owner can mean anything; -EINVAL if not (B10).
    func knows(_ owner: TokenOwner) -> Bool

    /// Gives the owner a token for each fragment and takes a pool reference behind it.
    ///
    /// - Parameters:
    ///   - frags: fragments of one binding that the owner admitted, each in a net_iov.
    ///   - waiting: fragments that were there to be given, these among them; a mechanism that reserves in batches reserves
    ///     for all and gives back what is not used.
    ///   - tokens: room for `waiting` tokens.
    /// - Returns: how many were given; fewer when memory ran out (-ENOMEM). The rest has no token and no reference.
    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int

    /// As `issue`, of packets that a driver just received: the token may take over its buffer's pool reference instead of taking
    /// one that the packet then drops, and its entry is written and published at once. Softirq only.
    ///
    /// - Returns: how many were given, as many as the ring has room for at the most; the rest has no token, and its reference is
    ///   still the caller's.
    func issue(_ packets: DriverPackets, to owner: TokenOwner, into ring: DeliveryWriter) -> Int

    /// Takes tokens `start ..< start + count` back.
    ///
    /// - Parameters:
    ///   - owner: on whose socket or ring they are returned.
    ///   - attempts: how many fragments may still be looked at in this call; counted down.
    ///   - inSoftirq: whether this is the softirq thread, which may refill the pool's cache directly.
    /// - Returns: how many the kernel says it took.
    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int

    /// Whether it knows of tokens that this owner holds; where they are not the owner's, it never does.
    func holdsTokens(_ owner: TokenOwner) -> Bool

    /// The owner is closed; what that means for its tokens differs.
    func close(_ owner: TokenOwner)
}

extension TokenBookkeeping {
    /// No limit: a token means its buffer.
    public var mostBindings: Int { .max }
    /// A mechanism whose tokens name no binding knows an owner from its first receive on.
    public func knows(_ owner: TokenOwner) -> Bool { mostBindings != 1 || owner.binding != nil }
    /// What every mechanism can do: a token of its own, and then the packet goes.
    public func issue(_ packets: DriverPackets, to owner: TokenOwner, into ring: DeliveryWriter) -> Int {
        ring.publish(upTo: packets.count) { slots in
            withUnsafeTemporaryAllocation(of: Frag.self, capacity: Int(slots.count)) { frags in
                withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Int(slots.count)) { tokens in
                    guard let names = tokens.baseAddress else { return 0 }
                    var taken = 0
                    while taken < Int(slots.count), let packet = packets.take(taken) {
                        frags[taken] = packets.frag(packet)
                        taken += 1
                    }
                    let frags = frags[..<taken]
                    let issued = issue(UnsafeBufferPointer(rebasing: frags), of: taken, to: owner, tokens: names)
                    for position in issued..<taken { packets.untake(position) }
                    for position in 0..<issued {
                        let isLast = position == issued - 1
                        ring.write(packets[position], token: names[position], at: position, of: slots, isLast: isLast)
                        frags[position].free(inSoftirq: true)
                    }
                    return issued
                }
            }
        }
    }
    /// Nothing per owner.
    public func makeLedger(for binding: Binding?) -> AnyObject? { nil }
    /// Nothing is the owner's.
    public func holdsTokens(_ owner: TokenOwner) -> Bool { false }
    /// Nothing is the owner's.
    public func close(_ owner: TokenOwner) {}

    /// Walks a range as the array mechanisms do: in 64 bits, because start + count may wrap and must not come round to
    /// token 0 (R8); a token that the binding cannot have ends the range, and is counted, not attempted.
    ///
    /// - Returns: the sum of what `body` answers.
    @inline(__always)
    func walk(
        start: UInt32, count: UInt32, limit: Int, owner: TokenOwner, attempts: inout Int, _ body: (NetIOVIndex) -> Int
    ) -> Int {
        walkRange(start: start, count: count, limit: limit, owner: owner, attempts: &attempts) { tokens in
            var taken = 0
            for offset in 0..<tokens { taken &+= body(start &+ UInt32(truncatingIfNeeded: offset)) }
            return taken
        }
    }

    /// As `walk`, for who takes the range as a whole.
    ///
    /// - Parameter body: is given how many tokens from `start` on are to be looked at.
    @inline(__always)
    func walkRange(
        start: UInt32, count: UInt32, limit: Int, owner: TokenOwner, attempts: inout Int, _ body: (_ tokens: Int) -> Int
    ) -> Int {
        let known = min(Int(count), max(0, limit - Int(start)))
        let tried = max(0, min(known, attempts))
        let taken = body(tried)
        attempts -= tried
        if attempts > 0, known < count { owner.refused.countOutOfRange(UInt64(Int(count) - known)) }
        return taken
    }

    /// Takes a range back as mechanisms with one entry a fragment do: 16 tokens are looked up, then their buffers are
    /// dropped outside of any lock, as `sock_devmem_dontneed` does. Absent tokens are counted and use attempts up.
    ///
    /// - Parameter erase: forgets up to `count` tokens and writes down whose buffers they were; answers how many there were.
    /// - Returns: how many were taken back.
    @inline(__always)
    func eraseInBatches(
        start: UInt32, count: UInt32, owner: TokenOwner, attempts: inout Int, inSoftirq: Bool,
        _ erase: (_ start: UInt32, _ count: Int, _ found: UnsafeMutablePointer<NetIOVPointer>) -> Int
    ) -> Int {
        withUnsafeTemporaryAllocation(of: NetIOVPointer.self, capacity: 16) { found in
            guard let room = found.baseAddress else { return 0 }
            var released = 0
            var done: UInt32 = 0
            while done < count, attempts > 0 {
                let batch = min(16, Int(count - done), attempts)
                let taken = erase(start &+ done, batch, room)
                for position in 0..<taken { room[position].drop(inSoftirq: inSoftirq) }
                if taken < batch { owner.refused.countNotHeld(UInt64(batch - taken)) }
                attempts -= batch
                released += taken
                done += UInt32(batch)
            }
            return released
        }
    }
}
