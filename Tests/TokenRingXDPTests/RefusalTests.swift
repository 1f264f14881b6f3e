import CTokenRing
import CXDP
import Glibc
import RingBenchKit
import RingTestSupport
import SystemPackage
import Testing
import TokenRing
import TokenRingXDP

extension AFXDP {
    @Suite("What is refused, in one sentence")
    struct RefusalTests {
        private let wire: VethPair
        init() throws { wire = try VethPair() }

        /// What a body in the receiver's namespace is refused with.
        private func refusal(
            _ body: @escaping @Sendable (_ name: String) throws -> Void
        ) throws -> String {
            let name = wire.receiverName
            return try wire.receiver.run {
                do {
                    try body(name)
                    return "nothing was refused"
                } catch {
                    return "\(error)"
                }
            }
        }

        private static func ip(_ words: String...) throws {
            let result = try Invocation(program: "ip", words).finish()
            try #require(result.exitCode == 0, "\(result.errors)")
        }

        @Test("an interface that is down, goes down or goes away is named")
        func interfaceDown() throws {
            let words = try refusal { name in
                let socket = try makeSocket(on: name, mode: .copy)
                try socket.checkLink()
                try Self.ip("link", "set", name, "down")
                let down = #expect(throws: XDPError.self) { try socket.checkLink() }
                #expect(down?.errno == .networkDown)
                #expect(down?.description.contains("\(name) went down") == true)
                let unbound = #expect(throws: XDPError.self) { _ = try makeSocket(on: name, queue: 0, mode: .copy) }
                #expect(unbound?.errno == .networkDown || unbound?.errno == .resourceBusy)
                try Self.ip("link", "del", name)
                try socket.checkLink()
            }
            #expect(words.contains("is gone, and this socket is bound to nothing"), "\(words)")
        }

        @Test("a UMEM above RLIMIT_MEMLOCK without CAP_IPC_LOCK is refused with the limit and the way out")
        func lockedMemory() throws {
            var (soft, hard) = (UInt64(0), UInt64(0))
            try #require(ctr_memlock_limit(&soft, &hard) == 0)
            // This process may have no limit; then one is set for it, which only other unprivileged UMEMs would notice.
            var limit = rlimit(rlim_cur: 65536, rlim_max: hard == .max ? rlim_t.max : rlim_t(hard))
            try #require(setrlimit(__rlimit_resource_t(8), &limit) == 0)
            defer {
                limit.rlim_cur = soft == .max ? rlim_t.max : rlim_t(soft)
                setrlimit(__rlimit_resource_t(8), &limit)
            }
            let words = try refusal { _ in
                let socket = try XDPSocket.makeUnbound()
                _ = ctr_drop_capabilities()
                _ = try UMEM(geometry: FrameGeometry(frameCount: 1024), fillEntries: 64, socket: socket)
            }
            #expect(words.contains("ENOBUFS") || words.contains("errno 105"), "\(words)")
            #expect(words.contains("RLIMIT_MEMLOCK, 65536 bytes") && words.contains("ulimit -l"), "\(words)")
        }

        @Test("an MTU too large for one page is refused in native mode, and taken with several frames")
        func largeMTU() throws {
            // What counts is how long the packets are that the other end sends.
            let sender = wire.senderName
            try wire.sender.run { () throws(Failure) in
                do {
                    try Self.ip("link", "set", sender, "mtu", "9000")
                } catch {
                    throw Failure(.systemCall, "\(error)")
                }
            }
            let words = try refusal { name in
                let interface = try NetworkInterface(named: name)
                #expect(try RedirectProgram(multiBuffer: true).attach(to: interface, mode: .native).granted == .native)
                _ = try RedirectProgram().attach(to: interface, mode: .native)
            }
            #expect(words.contains("MTU is too large"), "\(words)")
        }

        @Test("a second program is refused, and the first one's holder named as what must end")
        func secondProgram() throws {
            let words = try refusal { name in
                let interface = try NetworkInterface(named: name)
                let first = try RedirectProgram()
                _ = try first.attach(to: interface, mode: .skb)
                defer { first.detach() }
                _ = try RedirectProgram().attach(to: interface, mode: .skb)
            }
            #expect(words.contains("another XDP program is on"), "\(words)")
            #expect(words.contains("xdp cleanup -i"), "\(words)")
        }

        @Test("a socket has one UMEM; a ring has at least two slots; chunks of 3000 bytes take unaligned mode")
        func configurations() throws {
            let twice = try refusal { _ in
                let socket = try XDPSocket.makeUnbound()
                let first = try UMEM(geometry: FrameGeometry(frameCount: 16), fillEntries: 16, socket: socket)
                _ = try UMEM(geometry: FrameGeometry(frameCount: 16), fillEntries: 16, socket: socket)
                _ = first.geometry
            }
            #expect(twice.contains("one socket, one UMEM"), "\(twice)")
            let slot = try refusal { _ in _ = try UMEM(geometry: FrameGeometry(frameCount: 16), fillEntries: 1) }
            #expect(slot.contains("FILL ring size is 1: it must be a power of two, 2 to"), "\(slot)")
            let chunk = try refusal { _ in _ = try FrameGeometry(chunkBytes: 3000) }
            #expect(chunk.contains("frame size is 3000") && chunk.contains("unaligned mode"), "\(chunk)")
        }

        @Test("what a killed program left is found by name and removed; what a link holds is left alone")
        func leftPrograms() throws {
            let words = try refusal { name in
                let interface = try NetworkInterface(named: name)
                #expect(try LeftProgram.attached(to: interface).isEmpty)
                let program = try RedirectProgram()
                // As a program would be attached that does not go with its process.
                #expect(bpf_xdp_attach(CInt(interface.index), program.descriptor, 1 << 1, nil) == 0)
                let left = try LeftProgram.attached(to: interface)
                #expect(left.map(\.name) == ["tokenring_xsk"])
                #expect(left.map(\.hold) == [.netlink])
                for one in left { try one.remove(from: interface) }
                #expect(try LeftProgram.attached(to: interface).isEmpty)
                _ = try program.attach(to: interface, mode: .native)
                let held = try LeftProgram.attached(to: interface)
                #expect(held.map(\.hold) == [.link])
                for one in held { try one.remove(from: interface) }
            }
            #expect(words.contains("so nothing is left over"), "\(words)")
        }

        @Test("where libxdp's dispatcher does not work the program is alone, and the reason says so")
        func dispatcher() throws {
            let reason = try wire.receiver.run { [name = wire.receiverName] () throws(Failure) in
                do {
                    let interface = try NetworkInterface(named: name)
                    let socket = try makeSocket(on: name, mode: .copy)
                    let program = try RedirectProgram()
                    try program.redirect(to: socket)
                    let mode = try program.attachShared(to: interface, mode: .native)
                    let hold = try LeftProgram.attached(to: interface).map(\.hold)
                    program.detach()
                    let rest = try LeftProgram.attached(to: interface).count
                    return "\(mode.reason) \(hold) \(rest)"
                } catch {
                    throw Failure(.checkFailed, "\(error)")
                }
            }
            let isAlone = reason.contains("alone, because the dispatcher does not work") && reason.contains("link] 0")
            let isShared = reason.contains("behind libxdp's dispatcher") && reason.contains("dispatcher] 0")
            #expect(isAlone || isShared, "\(reason)")
        }
    }
}
