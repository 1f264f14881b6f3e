import RingKernelModel

/// What the sources say of one way to remember tokens, as far as user space sees it. The table below is the expectation
/// that a run is compared with; it is written down and never recorded from a run.
struct TokenRules: Sendable {
    /// What a token names.
    enum Token: Sendable {
        /// An entry of its owner, another one for each fragment.
        case entry
        /// A buffer: two fragments in one buffer have equal tokens.
        case buffer
    }

    /// On whose socket or ring a token may be returned.
    enum Scope: Sendable { case owner, binding }

    /// What becomes of a return that nobody holds: returned twice, or never handed out.
    enum Stray: Sendable {
        /// Refused and counted.
        case refused
        /// The counter goes below 0 and the return is counted as good (sources.md 0.3a).
        case underflows
        /// Believed: a reference is dropped that nobody had.
        case trusted
    }

    /// What a return says on a socket that never received (B10).
    enum BeforeReceive: Sendable {
        /// 0: there is nothing of that name.
        case nothing
        /// -EINVAL: there is no binding.
        case invalid
        /// The binding is followed although there is none.
        case oops
    }

    /// What becomes of a token that the binding cannot have.
    enum OutOfRange: Sendable {
        /// Skipped like any other that is not there.
        case skipped
        /// The rest of its range is left out.
        case endsRange
        /// Followed.
        case oops
    }

    /// `BookkeepingMechanism.name`.
    let bookkeeping: String
    let token: Token
    let scope: Scope
    let stray: Stray
    /// Whether one socket may receive from several bindings (B8).
    var severalBindings = false
    let beforeReceive: BeforeReceive
    let outOfRange: OutOfRange
    /// Whether the top 5 bits of a token name the binding (A16).
    var encodesBinding = false
    /// Whether a return names the binding beside the token (A17).
    var namesBinding = false
    /// Where that is from.
    let source: String

    /// Those of the mode in which tokens go with their socket: today's xarray, whatever the other mode is.
    static let automatic = all[0]

    /// One line a bookkeeping mechanism.
    static let all = [
        TokenRules(
            bookkeeping: "xarray per socket", token: .entry, scope: .owner, stray: .refused, severalBindings: true,
            beforeReceive: .nothing, outOfRange: .skipped,
            source: "A1; 2.1: missing -> continue, not in the result"),
        TokenRules(
            bookkeeping: "uref per binding, as posted", token: .buffer, scope: .binding, stray: .underflows,
            beforeReceive: .invalid, outOfRange: .endsRange,
            source: "A3; 2.1: v10 manual variant; 0.3a: decrements without a test"),
        TokenRules(
            bookkeeping: "uref per binding", token: .buffer, scope: .binding, stray: .refused, beforeReceive: .invalid,
            outOfRange: .endsRange, source: "A3 with Jakub Kicinski's decrement-if-not-zero; R7"),
        TokenRules(
            bookkeeping: "nothing is remembered", token: .buffer, scope: .binding, stray: .trusted,
            beforeReceive: .oops, outOfRange: .oops, source: "A7: no management at all, unsafe"),
        TokenRules(
            bookkeeping: "uref per socket, as posted", token: .buffer, scope: .owner, stray: .refused,
            beforeReceive: .oops, outOfRange: .endsRange,
            source: "A4: NULL binding on a fresh socket, found by syzbot, v1 thread"),
        TokenRules(
            bookkeeping: "uref per owner", token: .buffer, scope: .owner, stray: .refused, beforeReceive: .invalid,
            outOfRange: .endsRange, source: "A4 with B10's -EINVAL"),
        TokenRules(
            bookkeeping: "plain array per socket", token: .buffer, scope: .owner, stray: .underflows,
            beforeReceive: .invalid, outOfRange: .endsRange, source: "A8: incorrect"),
        TokenRules(
            bookkeeping: "hash table per socket", token: .entry, scope: .owner, stray: .refused, severalBindings: true,
            beforeReceive: .nothing, outOfRange: .skipped, source: "A5: as the xarray"),
        TokenRules(
            bookkeeping: "xarray of counters, lock-free look-up", token: .buffer, scope: .owner, stray: .refused,
            beforeReceive: .invalid, outOfRange: .endsRange, source: "A6"),
        TokenRules(
            bookkeeping: "uref, binding index in the token", token: .buffer, scope: .binding, stray: .refused,
            severalBindings: true, beforeReceive: .invalid, outOfRange: .endsRange, encodesBinding: true,
            source: "A16; decrement if positive as every mechanism since 0.3a"),
        TokenRules(
            bookkeeping: "uref, binding id beside the token", token: .buffer, scope: .binding, stray: .refused,
            severalBindings: true, beforeReceive: .invalid, outOfRange: .endsRange, namesBinding: true,
            source: "A17; decrement if positive as every mechanism since 0.3a"),
    ]
}
