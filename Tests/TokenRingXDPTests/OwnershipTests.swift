import RingBenchKit
import Testing
import TokenRing
import TokenRingXDP

extension AFXDP {
    @Suite("Who has each frame")
    struct OwnershipTests {
        private let wire: VethPair
        init() throws { wire = try VethPair() }

        @Test("a frame that is posted twice, or lies outside the UMEM, is told by number in a debug build")
        func violations() throws {
            let sentences = try wire.inReceiver { [name = wire.receiverName] () throws(XDPError) in
                var socket = try makeSocket(on: name, frames: 16, mode: .copy)
                let first = socket.ownership?.violations
                let slots = socket.fill.reserve(2)
                socket.fill.write(2048 * 5, at: slots[0])
                socket.fill.write(2048 * 16, at: slots[1])
                socket.fill.submit(2)
                #expect(first == 0)
                #expect(socket.ownership?.violations == 2)
                #expect(socket.ownership?.count(in: .fill) == 16)
                return socket.ownership?.firstViolations ?? []
            }.get()
            try #require(sentences.count == 2)
            #expect(sentences[0].contains("frame 5 went through FILL although it was in fill"))
            #expect(sentences[1].contains("32768, which is outside the UMEM"))
        }

        @Test("books and indices agree while frames are in every place")
        func everyPlace() throws {
            let wire = wire
            let account = try wire.inReceiver { [name = wire.receiverName] () throws(XDPError) in
                var socket = try makeSocket(on: name, frames: 64, mode: .copy)
                let program: RedirectProgram
                do throws(SystemCallError) {
                    program = try RedirectProgram()
                    try program.redirect(to: socket)
                    _ = try program.attach(to: socket.interface, mode: .native)
                } catch {
                    throw .system(error)
                }
                _ = try sendNumbered(24, on: wire, from: wire.senderName)
                _ = socket.waitForPackets(timeoutNanoseconds: 2_000_000_000)
                program.detach()
                let batch = socket.receive.peek(upTo: 10)
                socket.receive.release(batch.count)
                #expect(socket.ownership?.count(in: .application) == 10)
                #expect(socket.ownership?.count(in: .fill) == 54)
                #expect(socket.ownership?.violations == 0)
                do throws(SystemCallError) { return try socket.account() } catch { throw .system(error) }
            }.get()
            #expect(account.isWhole(holding: 10))
            #expect(!account.isWhole(holding: 11))
            #expect(account.inReceiveRing == 14)
            #expect(account.inFillRing + account.inKernelToReceive == 40)
        }

        @Test("the account follows frames through TX and COMPLETION")
        func sending() throws {
            let accounts = try wire.inReceiver { [name = wire.receiverName] () throws(XDPError) in
                var socket = try makeSocket(on: name, frames: 64, transmitEntries: 64, mode: .copy)
                func account() throws(XDPError) -> FrameAccount {
                    do throws(SystemCallError) { return try socket.account() } catch { throw .system(error) }
                }
                let slots = socket.transmit?.reserve(40) ?? RingBatch(first: RingIndex(0), count: 0)
                for offset in 0..<slots.count {
                    let address = socket.geometry.address(ofFrame: offset)
                    (socket.memory.base + Int(address)).initializeMemory(as: UInt8.self, repeating: 0xff, count: 64)
                    socket.transmit?.write(XDPDescriptor(address: address, length: 64), at: slots[offset])
                }
                socket.transmit?.submit(slots.count)
                let queued = try account()
                socket.wakeTransmit()
                let sent = try account()
                let batch = socket.completion.peek(upTo: 20)
                socket.completion.release(batch.count)
                #expect(socket.ownership?.count(in: .transmit) == 20)
                return [queued, sent, try account()]
            }.get()
            #expect(accounts.map(\.inTransmitRing) == [40, 8, 8])
            #expect(accounts.map(\.inCompletionRing) == [0, 32, 12])
            #expect(accounts.map(\.inApplication) == [24, 24, 44])
        }
    }
}
