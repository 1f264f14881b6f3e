/// What `ringbench evaluate` takes from the measured calls. Each is nil if this kernel refused a call that it needs.
extension SystemCallCosts {
    /// `SO_DEVMEM_DONTNEED` without its tokens, in nanoseconds per call: crossing and fixed work. The intercept of the
    /// least-squares line through 1, 16, 64 and 128 tokens.
    public var crossingDontneedNs: Repetitions? { dontneedLine?.intercept }

    /// `SO_DEVMEM_DONTNEED` per token, in nanoseconds: copying 8 bytes in and looking up a token that is absent. The
    /// slope of the same line; a lower bound, since nothing is held and nothing is freed.
    public var dontneedSlopeNsPerToken: Repetitions? { dontneedLine?.slope }

    /// `recvmsg` of 64 queued bytes without control message, in nanoseconds per call.
    public var recvmsgBaseNs: Repetitions? { call("recvmsg_64_b")?.nsPerCall }

    /// `recvmsg` of 64 KiB of queued data that are freed without being copied, in nanoseconds per call: nearer to what
    /// devmem does than a copy, but with ordinary pages and without a token.
    public var recvmsgDiscard64KiBNs: Repetitions? { call("recvmsg_64_kib_discarded")?.nsPerCall }

    /// One control message the size of `struct dmabuf_cmsg` (24 bytes, CMSG_SPACE 40), in nanoseconds, by bracketing.
    ///
    /// No control message of TCP has just that size, so it is taken between one of 32 and one of 64. All come from reads
    /// of 64 bytes that already have another timestamp message, so that the timestamp itself and being the first message
    /// cancel and the `put_cmsg()` of the message is left:
    ///
    ///     c32 = (both timestamps) - (SO_TIMESTAMPING alone)    16 B of data, CMSG_SPACE 32
    ///     c64 = (both timestamps) - (SO_TIMESTAMPNS alone)     48 B of data, CMSG_SPACE 64
    ///     c40 = c32 + (40 - 32) / (64 - 32) * (c64 - c32)
    ///
    /// Differences are taken within a round; a single repetition can be off by the noise of two figures, hence look at the
    /// quartiles. The cross-check is `inqMessageNs`: CMSG_SPACE 24, with the computation of the queue's length in it.
    public var controlMessageNs: Repetitions? {
        combined(["recvmsg_64_b_timestampns", "recvmsg_64_b_timestamping", "recvmsg_64_b_both_timestamps"]) { ns in
            let space32 = ns[2] - ns[1]
            let space64 = ns[2] - ns[0]
            return space32 + (40 - 32) / (64 - 32) * (space64 - space32)
        }
    }

    /// The smallest control message, TCP_INQ of CMSG_SPACE 24, beside two others, in nanoseconds.
    public var inqMessageNs: Repetitions? {
        combined(["recvmsg_64_b_both_timestamps", "recvmsg_64_b_all_three"]) { $0[1] - $0[0] }
    }

    /// A generic netlink request and its answer, in nanoseconds for the pair of calls: the cheapest that there is, a
    /// refusal.
    public var netlinkRoundTripNs: Repetitions? { call("genl_error_reply")?.nsPerCall }

    /// `recvmsg` that peeks at one byte, in nanoseconds per call: what a modelled receive crosses into the kernel by.
    public var peekNs: Repetitions? { call("recvmsg_peek_1_b")?.nsPerCall }

    /// An ioctl that reads a number, in nanoseconds per call: the floor of a release by ioctl.
    public var ioctlNs: Repetitions? { call("ioctl_outq")?.nsPerCall }

    /// `io_uring_enter` that submits nothing, in nanoseconds per call.
    public var ioUringEnterNs: Repetitions? { call("io_uring_enter_empty")?.nsPerCall }

    /// `io_uring_register` that is refused under the ring's lock, in nanoseconds per call: the floor of a zcrx flush.
    public var ioUringRegisterNs: Repetitions? { call("io_uring_register_refused")?.nsPerCall }

    /// All of them that this kernel allows, with where they come from.
    public var derived: [DerivedCost] {
        let line = "least squares through dontneed_1_token, _16_, _64_ and _128_tokens"
        let all: [(String, Repetitions?, String)] = [
            ("crossing_dontneed_ns", crossingDontneedNs, "intercept of \(line)"),
            ("dontneed_slope_ns_per_token", dontneedSlopeNsPerToken, "slope of \(line)"),
            ("recvmsg_base_ns", recvmsgBaseNs, "recvmsg_64_b"),
            ("recvmsg_discard_64_kib_ns", recvmsgDiscard64KiBNs, "recvmsg_64_kib_discarded"),
            (
                "control_message_ns", controlMessageNs,
                "c32 + 8/32 * (c64 - c32); c32 = recvmsg_64_b_both_timestamps - _timestamping, c64 = the former - _timestampns"
            ),
            ("inq_message_ns", inqMessageNs, "recvmsg_64_b_all_three - recvmsg_64_b_both_timestamps"),
            ("netlink_round_trip_ns", netlinkRoundTripNs, "genl_error_reply"),
            ("ioctl_ns", ioctlNs, "ioctl_outq"),
            ("io_uring_enter_ns", ioUringEnterNs, "io_uring_enter_empty"),
            ("io_uring_register_ns", ioUringRegisterNs, "io_uring_register_refused"),
        ]
        return all.compactMap { name, value, how in value.map { DerivedCost(name: name, value: $0, derivation: how) } }
    }

    private var dontneedLine: (intercept: Repetitions, slope: Repetitions)? {
        let tokens = DontneedCalls.tokenCounts.map(Double.init)
        let names = DontneedCalls.tokenCounts.map(DontneedCalls.name)
        guard let slope = combined(names, { Self.slope(tokens, $0) }),
            let intercept = combined(names, { Self.mean($0) - Self.slope(tokens, $0) * Self.mean(tokens) })
        else { return nil }
        return (intercept, slope)
    }

    /// Applies `formula` to `names`: for each repetition the median of its rounds. Round by round, because a machine that changes its
    /// pace between two rounds of a repetition would otherwise leave the difference of two paces.
    private func combined(_ names: [String], _ formula: ([Double]) -> Double) -> Repetitions? {
        let calls = names.compactMap { call($0)?.rounds }
        guard calls.count == names.count, let count = calls.map(\.count).min(), count > 0 else { return nil }
        return Repetitions(
            (0..<count).map { repetition in
                let rounds = calls.map { $0[repetition] }
                return Repetitions((rounds[0].indices).map { round in formula(rounds.map { $0[round] }) }).median
            })
    }

    private static func slope(_ x: [Double], _ y: [Double]) -> Double {
        let (meanX, meanY) = (mean(x), mean(y))
        let products = zip(x, y).map { ($0 - meanX) * ($1 - meanY) }.reduce(0, +)
        return products / x.map { ($0 - meanX) * ($0 - meanX) }.reduce(0, +)
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
