import RingKernelModel

/// A proposal under test: its composition, and what the sources say of its parts.
public struct Subject: Sendable {
    /// What is tested.
    public let composition: Composition
    let rules: TokenRules

    /// The proposal with the rules of its bookkeeping.
    ///
    /// - Throws: `Failure` when nothing is written down about its bookkeeping: no expectation, no verdict.
    public init(_ composition: Composition) throws(Failure) {
        guard let rules = TokenRules.all.first(where: { $0.bookkeeping == composition.bookkeeping.name }) else {
            throw Failure(
                .checkFailed,
                "\(composition.name): TokenRules says nothing about the bookkeeping \"\(composition.bookkeeping.name)\""
            )
        }
        self.composition = composition
        self.rules = rules
    }

    var name: String { composition.name }
    var cleanUp: CleanUpPolicy { composition.cleanUp }
    var returning: ReturnMechanism { composition.returning }

    /// Whether tokens come back in a call with an array of ranges.
    var returnsInCalls: Bool { [.socketOption, .netlink, .ioctl].contains(returning) }
    /// Whether tokens come back on the binding's descriptor, whoever received them.
    var returnsOnBinding: Bool { returning == .netlink || returning == .ioctl }
    /// Whether tokens come back through a ring that the kernel consumes when it wants to.
    var returnsByRing: Bool { !returnsInCalls }
    /// Whether the return ring's entries are ranges, beside which the calls of SO_DEVMEM_DONTNEED exist.
    var hasReturnRing: Bool { returning == .mappedRing }
    /// Whether fragments come through a ring, whose descriptor then owns their tokens.
    var deliversByRing: Bool { composition.delivery == .mappedRing }
    /// Whether too little room for control messages loses tokens (C5).
    var truncates: Bool { composition.delivery == .controlMessagesTruncated }
    /// Whether a ring set is a user of the binding before any socket is.
    var hasMemberRingSet: Bool { composition.hasRings && countsUsers }
    /// Whether all sockets of a binding have one ring set.
    var sharesRingSet: Bool {
        deliversByRing && (composition.topology == .ringPerBinding || composition.topology == .ringShared)
    }

    /// Whether sockets and ring sets count as users of the binding (A13).
    var countsUsers: Bool { cleanUp == .lastUser || cleanUp == .ringClose }

    /// What becomes of a return that nobody holds. zcrx's ring and netgpu's queue look at the buffer themselves.
    var stray: TokenRules.Stray {
        switch returning {
        case .refillRing: .refused
        case .fillQueue: .trusted
        default: rules.stray
        }
    }

    /// Whether a token of socket 0 may come back on socket 1, both of one binding.
    var acceptsOthersTokens: Bool { rules.scope == .binding || sharesRingSet }

    /// Who chooses the mode.
    var modes: ModeRules? { ModeRules.all.first { $0.mechanism == composition.modes.name } }
}
