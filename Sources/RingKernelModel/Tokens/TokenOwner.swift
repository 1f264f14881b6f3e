import Synchronization

/// Whom the kernel gives tokens: a socket, or a ring set. Knows which bindings it received from, and keeps what a
/// bookkeeping mechanism remembers per owner.
///
/// `admit` is called by the one thread that receives for the owner; `leaveAll` by whoever closes it, afterwards.
public final class TokenOwner: @unchecked Sendable {
    /// Returns of this owner that were refused.
    let refused = RefusalCounters()
    /// What the bookkeeping keeps for this owner; made before the first token.
    nonisolated(unsafe) private var kept: AnyObject?
    /// Where `kept` is: a return may come while the first receive on another thread makes it.
    private let ledger = Atomic<UnsafeMutableRawPointer?>(nil)
    /// The binding of the last admission, kept alive by the kernel.
    private let current = Atomic<UnsafeMutableRawPointer?>(nil)
    private let lock = SpinLock()
    nonisolated(unsafe) private var joined: [Binding] = []
    nonisolated(unsafe) private var hasLeft = false

    init() {}

    /// What was refused so far.
    public var refusals: Refusals { refused.current }

    /// The binding that it received from, or last received from.
    @inline(__always)
    var binding: Binding? {
        guard let pointer = current.load(ordering: .acquiring) else { return nil }
        return Unmanaged<Binding>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// That binding's net_iovs, without counting a reference to it: every thread of the model would write that count.
    @inline(__always)
    var niovs: NetIOVRange? {
        guard let pointer = current.load(ordering: .acquiring) else { return nil }
        return Unmanaged<Binding>.fromOpaque(pointer)._withUnsafeGuaranteedRef { $0.niovRange }
    }

    /// Every binding it received from, in order; a token's binding index counts these (sources.md A16).
    var bindings: [Binding] { lock.withLock { joined } }

    /// Puts a ledger in place that does not depend on a binding. Before any token.
    func useLedger(_ ledger: AnyObject?) { if kept == nil { keep(ledger) } }

    /// The ledger, as the type of the mechanism that made it; not checked. Nil before there is one. The owner keeps it, so
    /// that the data path need not count a reference.
    @inline(__always)
    func ledger<Ledger: AnyObject>(as type: Ledger.Type) -> Unmanaged<Ledger>? {
        ledger.load(ordering: .acquiring).map { Unmanaged<Ledger>.fromOpaque($0) }
    }

    private func keep(_ ledger: AnyObject?) {
        kept = ledger
        self.ledger.store(ledger.map { Unmanaged.passUnretained($0).toOpaque() }, ordering: .releasing)
    }

    /// Whether tokens of `binding` may be given to this owner; makes it a user of the binding the first time.
    func admit(_ binding: Binding, bookkeeping: any TokenBookkeeping, joins: Bool) -> Admission {
        if current.load(ordering: .relaxed) == Unmanaged.passUnretained(binding).toOpaque() { return .admitted }
        return lock.withLock {
            if !joined.contains(where: { $0 === binding }) {
                guard joined.count < bookkeeping.mostBindings else { return .otherBinding }
                guard !joins || binding.join() else { return .dying }
                joined.append(binding)
                if kept == nil { keep(bookkeeping.makeLedger(for: binding)) }
            }
            current.store(Unmanaged.passUnretained(binding).toOpaque(), ordering: .releasing)
            return .admitted
        }
    }

    /// Stops being a user of any binding. Once; a second call does nothing.
    ///
    /// - Parameter counts: whether it counts as a user of a binding.
    func leaveAll(_ counts: (Binding) -> Bool) {
        let left = lock.withLock {
            defer { hasLeft = true }
            return hasLeft ? [] : joined
        }
        for binding in left where counts(binding) { binding.leave() }
    }

    /// Starts anew, for another bookkeeping: it holds no token.
    func forgetLedger() {
        lock.withLock {
            keep(nil)
            joined = []
            current.store(nil, ordering: .releasing)
        }
    }

    /// What `admit` found.
    enum Admission {
        case admitted
        /// Its last user is gone: -ENODEV.
        case dying
        /// The mechanism's tokens name no binding, and this owner has another one: -EFAULT (B8, S14).
        case otherBinding
    }
}
