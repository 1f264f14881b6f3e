/// Packets that an interface counts as received, from when this was made: whether what is missing came as far as the card.
struct InterfaceArrivals {
    private let name: String
    private let start: UInt64?

    /// Begins to count on an interface of the calling thread's network namespace; asked for by a thread of the same.
    init(on name: String) {
        self.name = name
        start = Self.total(of: name)
    }

    /// As words.
    var sentence: String {
        guard let start, let now = Self.total(of: name) else { return "\(name) does not count what it received" }
        return "\(name) counts \(now &- start) received"
    }

    /// All that it ever received; nil if there is no such interface.
    static func total(of name: String) -> UInt64? {
        let lines = HostFile.text("/proc/thread-self/net/dev")?.split(separator: "\n") ?? []
        for line in lines {
            // The name and a colon, then bytes and packets received.
            let words = line.split { $0 == " " || $0 == ":" }
            if words.count > 2, words[0] == name { return UInt64(words[2]) }
        }
        return nil
    }
}
