import RingKernelModel

/// What one way to remember tokens costs the kernel, by its code in RingKernelModel/Bookkeeping: design/mechanisms.md has the first
/// three columns as a table, and a test holds the two together.
struct BookkeepingCosts: Sendable {
    /// `BookkeepingMechanism.name`.
    let bookkeeping: String
    /// Its name in the source, by which mechanisms.md lists it.
    let symbol: String
    /// What a token is.
    let token: String
    /// Pool references behind tokens.
    let references: String
    /// What it adds to the net_iov and the socket.
    let memory: String
    /// Making tokens: locks, atomic read-modify-writes, allocations.
    let issue: String
    /// Taking them back.
    let release: String
    /// Making tokens of fragments that go away with it, as a delivery ring does; nil: as `issue`, and a reference dropped.
    var takingOver: String?

    /// Of that mechanism; a test holds that there is one for each.
    static func of(_ mechanism: BookkeepingMechanism) -> BookkeepingCosts? {
        all.first { $0.bookkeeping == mechanism.name }
    }

    private static let counter =
        "add to the counter, and a pool reference behind the first: 2 or 3 atomics a fragment, no lock"
    private static let pass =
        "the fragment's pool reference becomes the token's: a load and a store a fragment, 2 atomics if another token is out"
    private static let compareExchange =
        "compare-exchange a token, decrement if positive; the last token drops the pool reference"

    /// One entry a mechanism.
    static let all = [
        BookkeepingCosts(
            bookkeeping: "xarray per socket", symbol: "perSocketXArray",
            token: "index in the owner's xarray, from 1, lowest free first", references: "one a fragment",
            memory: "8 B a token and some 8 B of nodes, per owner",
            issue: "two locks a batch, to reserve and to commit; a walk down the tree and 1 atomic a fragment",
            release: "a lock for up to 16 tokens of a range, and a walk each; the references are dropped outside of it"),
        BookkeepingCosts(
            bookkeeping: "uref per binding, as posted", symbol: "urefAsPosted", token: "page index",
            references: "one a buffer", memory: "4 B a net_iov, once",
            issue: "1 atomic a fragment, and one more for the first of a buffer; no lock",
            release: "1 atomic a token, and the pool reference behind the last"),
        BookkeepingCosts(
            bookkeeping: "uref per binding", symbol: "uref", token: "page index", references: "one a buffer",
            memory: "4 B a net_iov, once", issue: counter, release: compareExchange, takingOver: pass),
        BookkeepingCosts(
            bookkeeping: "uref per socket, as posted", symbol: "urefPerOwnerAsPosted", token: "page index",
            references: "one a buffer and owner", memory: "4 B a net_iov and owner", issue: counter,
            release: compareExchange),
        BookkeepingCosts(
            bookkeeping: "uref per owner", symbol: "urefPerOwner", token: "page index",
            references: "one a buffer and owner", memory: "4 B a net_iov and owner", issue: counter,
            release: "\(compareExchange); behind a ring set's lock a load and a store",
            takingOver: pass),
        BookkeepingCosts(
            bookkeeping: "hash table per socket", symbol: "perSocketHash", token: "number that counts up, never 0",
            references: "one a fragment", memory: "32 KiB an owner, 24 B a token in slabs of 512",
            issue: "a bucket's lock and 1 atomic a fragment, a lock a batch for its entries",
            release:
                "a bucket's lock a token, a lock for up to 16 entries of a range; chains grow with the tokens that are out"
        ),
        BookkeepingCosts(
            bookkeeping: "xarray of counters, lock-free look-up", symbol: "locklessCounters", token: "page index",
            references: "one a buffer and owner",
            memory: "4 B a page that was ever received, in leaves of 64, and 8 B a leaf, per owner",
            issue: "a walk without a lock; \(counter); a lock and an allocation at a page's first receive",
            release: "a walk without a lock; \(compareExchange)"),
        BookkeepingCosts(
            bookkeeping: "nothing is remembered", symbol: "unchecked",
            token: "page index, for the net_iov's address", references: "one a fragment", memory: "none",
            issue: "1 atomic a fragment", release: "1 atomic a token at most; nothing is looked up"),
        BookkeepingCosts(
            bookkeeping: "plain array per socket", symbol: "plainArray", token: "page index",
            references: "one a buffer and owner", memory: "4 B a net_iov and owner",
            issue: "a load and a store a fragment, and 1 atomic for the first of a buffer",
            release: "a load and a store a token, and the pool reference behind the last"),
        BookkeepingCosts(
            bookkeeping: "uref, binding index in the token", symbol: "bindingIndex",
            token: "5 bits of binding, 27 bits of page index", references: "one a buffer",
            memory: "4 B a net_iov, 776 B an owner", issue: "a look at the owner's table a batch; \(counter)",
            release: "the table's row a range; \(compareExchange)"),
        BookkeepingCosts(
            bookkeeping: "uref, binding id beside the token", symbol: "bindingNamed",
            token: "page index, the binding's id beside it", references: "one a buffer",
            memory: "4 B a net_iov, 776 B an owner", issue: "a look at the owner's table a batch; \(counter)",
            release: "up to 32 ids compared a range; \(compareExchange)"),
    ]
}
