import Synchronization

/// How the kernel remembers which tokens user space holds. One implementation a file; all calls are a batch long.
///
/// `issue` and `release` may run at once on different threads, as recvmsg, setsockopt and softirq do.
public protocol TokenBookkeeping: AnyObject, Sendable {
    /// Gives user space a token for each fragment and a pool reference behind it.
    ///
    /// - Parameter tokens: room for as many tokens.
    func issue(_ frags: UnsafeBufferPointer<Frag>, on socket: Socket, tokens: UnsafeMutablePointer<UInt32>)

    /// Takes tokens `start ..< start + count` back.
    ///
    /// - Parameters:
    ///   - socket: the socket on which they are returned; nil for a ring, which belongs to the binding.
    ///   - attempts: how many fragments may still be looked at in this call; counted down.
    ///   - inSoftirq: whether this is the softirq thread, which may refill the pool's cache directly.
    /// - Returns: how many the kernel says it took.
    func release(start: UInt32, count: UInt32, on socket: Socket?, attempts: inout Int, inSoftirq: Bool) -> Int

    /// The socket is closed; what that means for its tokens differs.
    func close(_ socket: Socket)

    /// Tokens that came back and that nobody held: stray, double or out of range.
    var refusals: Refusals { get }
}

/// Returned tokens that were refused, by cause. Never logged per event (R28).
public struct Refusals: Hashable, Sendable {
    /// No such token could be in the binding.
    public var outOfRange: UInt64 = 0
    /// The token exists and user space did not hold it: never issued, or returned before.
    public var notHeld: UInt64 = 0

    /// All of them.
    public var total: UInt64 { outOfRange + notHeld }
}

/// `Refusals` as two threads count them.
struct RefusalCounters: ~Copyable {
    private let outOfRange = Atomic<UInt64>(0)
    private let notHeld = Atomic<UInt64>(0)

    func countOutOfRange(_ tokens: UInt64) { outOfRange.wrappingAdd(tokens, ordering: .relaxed) }
    func countNotHeld(_ tokens: UInt64) { notHeld.wrappingAdd(tokens, ordering: .relaxed) }

    var current: Refusals {
        Refusals(outOfRange: outOfRange.load(ordering: .relaxed), notHeld: notHeld.load(ordering: .relaxed))
    }
}
