import Synchronization

/// Whom the kernel gives tokens: a socket, or a ring set. Knows which bindings it received from, and keeps what a
/// bookkeeping mechanism remembers per owner.
///
/// `admit` is called by the one thread that receives for the owner; `leaveAll` by whoever closes it, afterwards. What runs per
/// token reads plain pointers, so that it counts no references.
public final class TokenOwner: @unchecked Sendable {
    /// Returns of this owner that were refused.
    let refused = RefusalCounters()
    /// The net_iovs of the binding of the last admission, kept alive by the kernel.
    private let table = Atomic<UnsafeMutablePointer<NetIOVTable>?>(nil)
    /// `ledgerOwner` as the hot path reads it.
    private let ledger = Atomic<UnsafeMutableRawPointer?>(nil)
    private let lock = SpinLock()
    nonisolated(unsafe) private var ledgerOwner: AnyObject?
    nonisolated(unsafe) private var joined: [Binding] = []

    /// Whether its tokens are given and taken back under one lock, as a ring set's are.
    let isSerialised: Bool

    init(isSerialised: Bool = false) { self.isSerialised = isSerialised }

    /// What was refused so far.
    public var refusals: Refusals { refused.current }

    /// The net_iovs of the binding that it received from, or last received from.
    @inline(__always)
    var niovs: UnsafeMutablePointer<NetIOVTable>? { table.load(ordering: .acquiring) }

    /// The binding that it received from, or last received from. Not for what runs per token.
    var binding: Binding? { niovs?.pointee.binding?.takeUnretainedValue() }

    /// Every binding it received from, in order; a token's binding index counts these (sources.md A16).
    var bindings: [Binding] { lock.withLock { joined } }

    /// What the bookkeeping keeps for this owner, as the type that its `makeLedger` makes; not checked. Nil before there is
    /// one. The owner keeps it, so that the data path need not count a reference.
    @inline(__always)
    func ledger<Ledger: AnyObject>(as _: Ledger.Type) -> Unmanaged<Ledger>? {
        ledger.load(ordering: .acquiring).map { Unmanaged<Ledger>.fromOpaque($0) }
    }

    /// Puts a ledger in place that does not depend on a binding. Before any token.
    func useLedger(_ ledger: AnyObject?) { lock.withLock { keep(ledger) } }

    private func keep(_ made: AnyObject?) {
        guard ledgerOwner == nil, let made else { return }
        ledgerOwner = made
        ledger.store(Unmanaged.passUnretained(made).toOpaque(), ordering: .releasing)
    }

    /// Whether tokens of `binding` may be given to this owner; makes it a user of the binding the first time.
    func admit(_ binding: Binding, bookkeeping: any TokenBookkeeping, joins: Bool) -> Admission {
        if niovs == binding.pool.table { return .admitted }
        return lock.withLock {
            if !joined.contains(where: { $0 === binding }) {
                guard joined.count < bookkeeping.mostBindings else { return .otherBinding }
                guard !joins || binding.join() else { return .dying }
                joined.append(binding)
                if ledgerOwner == nil { keep(bookkeeping.makeLedger(for: binding)) }
            }
            table.store(binding.pool.table, ordering: .releasing)
            return .admitted
        }
    }

    /// Stops being a user of any binding. Once: by whoever closes it.
    ///
    /// - Parameter counts: whether it counts as a user of a binding.
    func leaveAll(_ counts: (Binding) -> Bool) {
        for binding in bindings where counts(binding) { binding.leave() }
    }

    /// Starts anew, for another bookkeeping: it holds no token.
    func forgetLedger() {
        lock.withLock {
            ledger.store(nil, ordering: .releasing)
            ledgerOwner = nil
            joined = []
            table.store(nil, ordering: .releasing)
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
