import CTokenRing
import Glibc
import RingTestSupport
import SystemPackage
import Testing
import TokenRing

/// Consumers with fewer rights than the server, and such as mean no good.
@Suite("Strangers to the server", .serialized)
struct ServeStrangerTests {
    // MARK: rights

    @Test("a process of nobody that is handed the rings only receives and returns everything")
    func unprivileged() throws {
        let kernel = try ServedKernel(["--tokens", "1000", "--niovs", "1024"])
        // Whoever may write the file may connect.
        chmod(kernel.path, 0o666)
        // The build's folder may not be nobody's to see.
        let program = "\(kernel.path).program"
        defer { unlink(program) }
        let copied = try PeerProcess("cp", [try ServedKernel.example("receive_and_return"), program])
        try #require(copied.wait(deadline: .seconds(10)) == .exited(0))
        let becomesNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let words = (geteuid() == 0 ? becomesNobody : []) + [program, "-r", kernel.path]
        let run = try Invocation(program: words[0], Array(words.dropFirst())).finish(deadline: .seconds(60))
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.contains("payload not mapped"))
        #expect(run.output.contains("1000 delivered, 1000 returned, 0 out of range, 0 not held"), "\(run.output)")
        _ = try kernel.stop()
    }

    @Test("the rings come alone unless the payload is asked for, and the payload can be read only")
    func descriptors() throws {
        let kernel = try ServedKernel(["--niovs", "64"])
        let alone = try #require(try kernel.connect().open())
        #expect(alone.answer.result == 0 && alone.descriptors.count == 1)
        let both = try #require(try kernel.connect().open(sockets: 7, payload: true))
        #expect(both.answer.sockets == 7 && both.descriptors.count == 2)
        let payload = both.descriptors[1]
        let byteCount = Int(both.answer.payload_bytes)
        #expect(byteCount == 64 * 4096)
        try withExtendedLifetime(payload) {
            let descriptor = payload.descriptor.rawValue
            #expect(mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) == MAP_FAILED)
            #expect(errno == EACCES)
            var status = stat()
            try #require(fstat(descriptor, &status) == 0)
            #expect(status.st_mode & 0o222 == 0, "it can be opened again for writing")
            #expect(ftruncate(descriptor, 0) != 0)
        }
        _ = try kernel.stop()
    }

    // MARK: hostile

    /// A first message that opens nothing.
    struct Opening: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
    }

    static let openings: [Opening] = {
        func ask(_ change: (inout token_ring_serve_open) -> Void) -> [UInt8] {
            var ask = token_ring_serve_open()
            ask.version = UInt32(TOKEN_RING_SERVE_VERSION)
            change(&ask)
            return withUnsafeBytes(of: ask) { Array($0) }
        }
        return [
            Opening(testDescription: "empty", bytes: []),
            Opening(testDescription: "one byte", bytes: [1]),
            Opening(testDescription: "a byte too long", bytes: ask { _ in } + [0]),
            Opening(testDescription: "very long", bytes: [UInt8](repeating: 255, count: 60_000)),
            Opening(testDescription: "another version", bytes: ask { $0.version = 2 }),
            Opening(testDescription: "an unknown flag", bytes: ask { $0.flags = 2 }),
            Opening(testDescription: "a reserved word", bytes: ask { $0.reserved = 1 }),
            Opening(testDescription: "65 sockets", bytes: ask { $0.sockets = 65 }),
            Opening(testDescription: "2^32 - 1 sockets", bytes: ask { $0.sockets = .max }),
        ]
    }()

    /// A message that is no call, and what it is answered.
    static let calls: [(bytes: [UInt8], errno: CInt)] = {
        let ranges = [TokenRange](repeating: TokenRange(token_start: 0, token_count: 1), count: 129)
        let release = TOKEN_RING_RELEASE.rawValue
        let flush = TOKEN_RING_FLUSH.rawValue
        return [
            ([], EINVAL), ([1], EINVAL), ([1, 0, 0, 0, 0, 0, 0], EINVAL),
            (ServeClient.message(call: 0), ENOTTY), (ServeClient.message(call: 8), ENOTTY),
            (ServeClient.message(call: .max, count: .max), ENOTTY),
            (ServeClient.message(call: TOKEN_RING_ATTACH.rawValue), EOPNOTSUPP),
            (ServeClient.message(call: TOKEN_RING_DETACH.rawValue), EOPNOTSUPP),
            (ServeClient.message(call: flush, count: 1), EINVAL),
            (ServeClient.message(call: flush) + [0], EINVAL),
            (ServeClient.message(call: release), EINVAL),
            (ServeClient.message(call: release, count: 129, ranges: ranges), EINVAL),
            (ServeClient.message(call: release, count: 128, ranges: ranges), EINVAL),
            (ServeClient.message(call: release, count: 2, ranges: Array(ranges[..<1])), EINVAL),
            (ServeClient.message(call: release, count: 1, ranges: Array(ranges[..<2])), EINVAL),
            (ServeClient.message(call: release, count: 1 << 29, ranges: []), EINVAL),
            ([UInt8](repeating: 3, count: 60_000), ENOTTY),
        ]
    }()

    @Test("strangers of every kind change nothing for the others", arguments: ServedKernel.cleanUps)
    func hostile(cleanUp: String) throws {
        // In last-user mode what strangers were given stays out: some 50 rings of 64. The others need buffers too.
        let kernel = try ServedKernel([
            "--clean-up", cleanUp, "--niovs", "8192", "--delivery-ring", "64", "--return-ring", "16", "--flows", "1",
            "--tokens", "3000",
        ])
        let descriptorsBefore = openDescriptors(of: kernel)
        // A consumer that is in the middle all the time, and one from the start on.
        let paused = try kernel.startPeer("pause", 500)
        try #require(paused.process.waitUntilStopped())
        let example = try kernel.startExample("receive_and_return", ["SOCKET"])

        for opening in Self.openings { try refuses(opening, kernel) }
        try answersCalls(kernel)
        try fuzzes(kernel, seed: 17)
        try scribbles(kernel, tokens: cleanUp == "ring-close" ? 0..<8192 : 8192..<UInt32.max)
        try unmaps(kernel)
        try leavesEarly(kernel)
        let silent = try callsAndNeverReads(kernel)
        try sendsDescriptors(kernel)

        // Everybody else got everything, while the silent one is still there.
        let run = example.finish(deadline: .seconds(60))
        #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
        paused.process.send(SIGCONT)
        let resumed = paused.finish(deadline: .seconds(60))
        #expect(resumed.exitCode == 0, "\(resumed.output)\(resumed.errors)")
        withExtendedLifetime(silent) {}
        let late = try kernel.startExample("several_consumers", ["SOCKET", "2"]).finish(deadline: .seconds(60))
        #expect(late.exitCode == 0, "\(late.output)\(late.errors)")
        // It has the silent one's two, and closes the others' when their turn comes.
        let end = ContinuousClock.now + .seconds(20)
        while openDescriptors(of: kernel) > descriptorsBefore + 2, ContinuousClock.now < end { usleep(1000) }
        #expect(openDescriptors(of: kernel) <= descriptorsBefore + 2, "the server keeps what strangers sent")
        let books = try kernel.stop()
        #expect(books["refused_calls"] ?? 0 >= Self.calls.count)
        #expect(books["index_violations"] ?? 0 > 0)
        let tellings = Dictionary(grouping: books.log.split(separator: "\n").filter { $0.hasPrefix("ring set") }) {
            $0.prefix { $0 != ":" }
        }
        #expect(tellings.values.allSatisfy { $0.count <= 2 }, "more is told of one than that it opened and closed")
    }

    /// Answered -EINVAL, and the connection ends.
    private func refuses(_ opening: Opening, _ kernel: ServedKernel) throws {
        let client = try kernel.connect()
        #expect(client.send(opening.bytes), "\(opening.testDescription)")
        let answer = try #require(client.receiveOpened(), "\(opening.testDescription)")
        #expect(answer.answer.result == -EINVAL && answer.descriptors.isEmpty, "\(opening.testDescription)")
        #expect(client.call(TOKEN_RING_FLUSH) == nil, "\(opening.testDescription)")
    }

    /// Each is answered with its errno, and the ring set goes on.
    private func answersCalls(_ kernel: ServedKernel) throws {
        let client = try kernel.connect()
        try #require(client.open()?.answer.result == 0)
        for (number, (bytes, errno)) in Self.calls.enumerated() {
            let answer = try #require(client.call(bytes), "message \(number)")
            #expect(answer.result == -errno, "message \(number)")
        }
        let most = [TokenRange](repeating: TokenRange(token_start: .max, token_count: .max), count: 128)
        #expect(client.call(TOKEN_RING_RELEASE, ranges: most)?.result == 0)
        let counters = try #require(client.call(TOKEN_RING_COUNTERS)).counters
        #expect(counters.returned == 0 && counters.out_of_range == 128 * UInt64(UInt32.max))
        #expect(client.call(TOKEN_RING_ARM).map { $0.result == 0 || $0.result == -EINVAL } == true)
    }

    private func fuzzes(_ kernel: ServedKernel, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let client = try kernel.connect()
        try #require(client.open()?.answer.result == 0)
        for _ in 0..<500 {
            var bytes = (0..<Int.random(in: 0...1100, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // Half of them begin as a call does. No range of theirs is in the binding.
            if bytes.count >= 4, Bool.random(using: &random) {
                bytes.replaceSubrange(0..<4, with: [UInt8.random(in: 0...8, using: &random), 0, 0, 0])
            }
            for start in stride(from: 8, to: bytes.count, by: 8) where start + 4 <= bytes.count {
                bytes[start + 3] |= 0x80
            }
            try #require(client.call(bytes) != nil)
        }
    }

    /// Writes what it likes into its rings: indices, flags and entries.
    private func scribbles(_ kernel: ServedKernel, tokens: Range<UInt32>) throws {
        var random = SplitMix64(seed: 23)
        let client = try kernel.connect()
        let opened = try #require(client.open())
        let region = try RingRegion.attach(opened.descriptors[0])
        for _ in 0..<200 {
            for ring in 0..<2 {
                for word in RingWord.allCases where Bool.random(using: &random) {
                    region.word(word, of: ring).storeRelease(UInt32.random(in: 0...UInt32.max, using: &random))
                }
            }
            let entries = region.mapping.base + Int(region.rings[1].layout.entries)
            for slot in 0..<16 {
                entries.storeBytes(
                    of: TokenRange(
                        token_start: UInt32.random(in: tokens, using: &random),
                        token_count: UInt32.random(in: 0...2000, using: &random)),
                    toByteOffset: slot * 8, as: TokenRange.self)
            }
            for call in [TOKEN_RING_FLUSH, TOKEN_RING_KICK, TOKEN_RING_ARM, TOKEN_RING_COUNTERS] {
                try #require(client.call(call) != nil)
            }
        }
        #expect(client.call(TOKEN_RING_COUNTERS)?.counters.index_violations ?? 0 > 0)
    }

    /// Takes its mapping away, with tokens out and a call on the way; the kernel has its own.
    private func unmaps(_ kernel: ServedKernel) throws {
        let client = try kernel.connect()
        let opened = try #require(client.open())
        do {
            let region = try RingRegion.attach(opened.descriptors[0])
            for word in [RingWord.consumer, .consumerFlags] { region.word(word, of: 0).storeRelease(1) }
            client.send(ServeClient.message(call: TOKEN_RING_KICK.rawValue))
        }
        #expect(client.receive() != nil)
        for call in [TOKEN_RING_KICK, TOKEN_RING_FLUSH, TOKEN_RING_COUNTERS] { #expect(client.call(call) != nil) }
        withExtendedLifetime(opened) {}
    }

    /// Connections that end where an honest one would not.
    private func leavesEarly(_ kernel: ServedKernel) throws {
        for _ in 0..<20 {
            _ = try kernel.connect()
            let unread = try kernel.connect()
            unread.send([UInt8](repeating: 0, count: MemoryLayout<token_ring_serve_open>.size))
            let midCall = try kernel.connect()
            try #require(midCall.open()?.answer.result == 0)
            for _ in 0..<5 { midCall.send(ServeClient.message(call: TOKEN_RING_FLUSH.rawValue)) }
            let halfClosed = try kernel.connect()
            try #require(halfClosed.open()?.answer.result == 0)
            shutdown(halfClosed.descriptor, CInt(SHUT_WR))
            withExtendedLifetime((unread, midCall, halfClosed)) {}
        }
    }

    /// Sends calls until the socket is full, in both directions.
    private func callsAndNeverReads(_ kernel: ServedKernel) throws -> ServeClient {
        let client = try kernel.connect()
        try #require(client.open()?.answer.result == 0)
        var sent = 0
        var refusedInARow = 0
        while refusedInARow < 200 {
            if client.send(ServeClient.message(call: TOKEN_RING_COUNTERS.rawValue)) {
                sent += 1
                refusedInARow = 0
            } else {
                refusedInARow += 1
                usleep(1000)
            }
        }
        #expect(sent > 100)
        return client
    }

    private func sendsDescriptors(_ kernel: ServedKernel) throws {
        let client = try kernel.connect()
        let opened = try #require(client.open())
        let descriptor = opened.descriptors[0].descriptor.rawValue
        for _ in 0..<100 {
            client.send(
                ServeClient.message(call: TOKEN_RING_COUNTERS.rawValue), descriptors: [descriptor, client.descriptor])
            try #require(client.receive()?.result == 0)
        }
        withExtendedLifetime(opened) {}
    }

    private func openDescriptors(of kernel: ServedKernel) -> Int {
        guard let folder = opendir("/proc/\(kernel.server.process.identifier)/fd") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }
}
