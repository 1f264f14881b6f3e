/// A case of the kernel's AF_XDP selftests (tools/testing/selftests/bpf/prog_tests/test_xsk.c), done again in our own words.
struct XSKCase: Sendable {
    /// The row of the sources, X1 to X30; variants of a row have a word behind a dot. T1 to T6: traces that the model plays too.
    let id: String
    /// The kernel's name for it.
    let name: String
    /// What must be seen.
    let expected: String
    /// Whether packets may be longer than 1500 bytes.
    var isJumbo = false
    /// Does it, and says what was seen.
    let run: @Sendable (XSKBench) throws(XSKEnding) -> String

    init(
        _ id: String, _ name: String, isJumbo: Bool = false, _ expected: String,
        run: @escaping @Sendable (XSKBench) throws(XSKEnding) -> String
    ) {
        self.id = id
        self.name = name
        self.isJumbo = isJumbo
        self.expected = expected
        self.run = run
    }

    /// The row without the variant.
    var row: String { String(id.prefix { $0 != "." }) }

    /// All of them, in the order of the sources, and then the traces.
    static let all: [XSKCase] =
        [plain, polling, invalidDescriptors, statistics, programs, fragments, limits].flatMap { $0 }
        .sorted { Int($0.row.dropFirst()) ?? 0 < Int($1.row.dropFirst()) ?? 0 } + traces

    /// Packets of a case, as in the kernel's tests.
    static let packetCount = 4096
    /// `MIN_PKT_SIZE`.
    static let shortest: UInt32 = 64
    /// `MAX_ETH_JUMBO_SIZE`.
    static let jumbo: UInt32 = 9000
    /// `XSK_UMEM__INVALID_FRAME_SIZE`: longer than any frame and any packet.
    static let tooLong: UInt32 = 9001

    /// Packets that are all alike.
    static func packets(_ count: Int = packetCount, _ length: UInt32 = shortest) -> [SentPacket] {
        Array(repeating: SentPacket(length: length), count: count)
    }
}
