import Glibc
import RingBenchKit
import RingTestSupport
import Testing
import TokenRing
import TokenRingXDP

@Suite("Memory for packets")
struct PacketMemoryTests {
    @Test("huge pages are granted or, with a sentence that says how to have them, not")
    func hugePages() throws {
        let memory = try PacketMemory(.hugePages, byteCount: 3 << 20)
        if memory.granted == .hugePages {
            #expect(memory.mapping.byteCount == 4 << 20)
        } else {
            #expect(memory.granted == .anonymous)
            #expect(memory.reason.contains("2 of 2 MiB are needed; reserve them with vm.nr_hugepages"))
            #expect(memory.mapping.byteCount == 3 << 20)
        }
        #expect(memory.requested == .hugePages)
    }

    @Test("shared memory is the same bytes through its file, and cannot be cut")
    func shared() throws {
        let memory = try PacketMemory(.shared, byteCount: 8192)
        let file = try #require(memory.shared?.file)
        let other = try Mapping(of: file, byteCount: 8192)
        memory.mapping.base.storeBytes(of: 77, toByteOffset: 5000, as: UInt8.self)
        #expect(other.base.load(fromByteOffset: 5000, as: UInt8.self) == 77)
        #expect(ftruncate(file.descriptor.rawValue, 4096) == -1)
    }

    @Test("unaligned frames may have any size from 2048 to 4096, and addresses carry their offset above 48 bits")
    func unaligned() throws {
        let geometry = try FrameGeometry(chunkBytes: 3000, frameCount: 8, isUnaligned: true)
        let address = geometry.address(ofFrame: 5) | 256 << 48
        #expect(geometry.frameAddress(of: address) == 15000)
        #expect(geometry.byteOffset(of: address) == 15256)
        #expect(geometry.frameNumber(of: address) == 5)
        for bytes in [2047, 4097, 0] as [UInt32] {
            #expect(throws: XDPError.self) { try FrameGeometry(chunkBytes: bytes, isUnaligned: true) }
        }
    }
}

extension AFXDP {
    @Suite("A UMEM on huge pages")
    struct HugePageTests {
        private static let file = "/proc/sys/vm/nr_hugepages"

        /// Runs `body` while the machine has `count` more huge pages than before, and says whether it does.
        private func with(_ count: Int, _ body: (_ isThere: Bool) throws -> Void) throws {
            func pages() -> Int { Int((Self.read(Self.file) ?? "").filter(\.isNumber)) ?? 0 }
            let before = pages()
            Self.write("\(before + count)", to: Self.file)
            defer { Self.write("\(before)", to: Self.file) }
            try body(pages() == before + count)
        }

        @Test("the kernel says of its pages that they are of 2 MiB, and receives packets into them")
        func granted() throws {
            let wire = try VethPair()
            let name = wire.receiverName
            try with(8) { isThere in
                let (memory, pageKiB, numbers) = try wire.receiver.run { () throws(Failure) in
                    do {
                        let geometry = try FrameGeometry(frameCount: 2048)
                        let memory = try PacketMemory(.hugePages, byteCount: geometry.byteCount)
                        var umem = try UMEM(memory: memory.mapping, geometry: geometry, fillEntries: 4096)
                        // The last frames: of the fourth page.
                        _ = umem.provide(frames: 1900..<2048)
                        var socket = try XDPSocket(on: NetworkInterface(named: name), umem: umem, mode: .copy)
                        let program = try RedirectProgram(queues: 1)
                        try program.redirect(to: socket)
                        _ = try program.attach(to: socket.interface, mode: .native)
                        _ = try sendNumbered(64, on: wire, from: wire.senderName)
                        let numbers = receivedNumbers(64, by: &socket)
                        return (memory, Self.pageKiB(at: socket.memory.base), numbers)
                    } catch {
                        throw Failure(.checkFailed, "\(error)")
                    }
                }
                #expect(numbers == Array(0..<64))
                #expect(memory.granted == (isThere ? .hugePages : .anonymous), "\(memory.reason)")
                #expect(pageKiB == (isThere ? 2048 : 4), "/proc/self/smaps")
            }
        }

        /// Commands with a UMEM of their own, and one whose consumers map it too.
        enum Command: CaseIterable {
            case demo, tokens

            /// Its pages, where there are huge ones and where not.
            var pages: (huge: String, usual: String) {
                self == .demo ? ("huge_pages", "anonymous") : ("shared_huge_pages", "shared")
            }

            func memory() throws -> GrantedMode {
                var traffic = XDPDemoConfiguration()
                traffic.frames = 1000
                traffic.options.hugePages = true
                guard self == .tokens else {
                    return try XDPDemo.run(configuration: traffic, progress: Progress(quiet: true)).memory
                }
                var configuration = XDPTokensConfiguration()
                configuration.program = PeerProcess.productsDirectory().appending("ringbench").string
                traffic.flows = configuration.traffic.flows
                configuration.traffic = traffic
                return try XDPTokens.run(configuration: configuration, progress: Progress(quiet: true)).memory
            }
        }

        @Test("the result of a run says what its pages are, and with none to be had why", arguments: Command.allCases)
        func reported(_ command: Command) throws {
            try with(8) { isThere in
                let memory = try command.memory()
                #expect(memory.requested == command.pages.huge)
                #expect(memory.granted == (isThere ? command.pages.huge : command.pages.usual), "\(memory.reason)")
            }
            try with(0) { _ in
                guard HugePageProbe.all().allSatisfy({ $0.free == 0 }) else { return }
                let memory = try command.memory()
                #expect(memory.granted == command.pages.usual)
                #expect(memory.reason.contains("8 of 2 MiB are needed; reserve them with vm.nr_hugepages"))
            }
        }

        /// `KernelPageSize` of the mapping that begins at `base`.
        private static func pageKiB(at base: UnsafeMutableRawPointer) -> Int? {
            let lines = (read("/proc/self/smaps") ?? "").split(separator: "\n")
            let start = String(UInt(bitPattern: base), radix: 16) + "-"
            guard let mapping = lines.firstIndex(where: { $0.hasPrefix(start) }) else { return nil }
            return lines[mapping...].first { $0.hasPrefix("KernelPageSize:") }.flatMap { Int($0.filter(\.isNumber)) }
        }

        private static func read(_ path: String) -> String? {
            guard let file = fopen(path, "r") else { return nil }
            defer { fclose(file) }
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65536)
            while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
            return String(decoding: bytes, as: UTF8.self)
        }

        private static func write(_ text: String, to path: String) {
            guard let file = fopen(path, "w") else { return }
            fputs(text, file)
            fclose(file)
        }
    }
}
