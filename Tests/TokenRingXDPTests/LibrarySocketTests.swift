import CTokenRing
import Glibc
import RingBenchKit
import RingTestSupport
import Testing
import TokenRing
import TokenRingXDP

extension AFXDP {
    @Suite("Sockets of every kind")
    struct LibrarySocketTests {
        private let wire: VethPair
        init() throws { wire = try VethPair() }

        /// Runs a body that throws anything on a thread in the receiver's namespace.
        private func inReceiver<Value: Sendable>(
            _ body: @escaping @Sendable (_ name: String) throws -> Value
        ) throws -> Value {
            let name = wire.receiverName
            return try wire.receiver.run { () throws(Failure) in
                do { return try body(name) } catch { throw Failure(.checkFailed, "\(error)") }
            }
        }

        @Test("a process without any capability receives, with a socket and a map that were handed to it")
        func handedIn() throws {
            let wire = wire
            let numbers = try inReceiver { name in
                let interface = try NetworkInterface(named: name)
                let program = try RedirectProgram(queues: 1)
                _ = try program.attach(to: interface, mode: .native)
                let (file, map) = (try XDPSocket.makeUnbound(), program.map.file)
                let isBound = ctr_eventfd()
                defer { close(isBound) }
                let receiver = try PinnedThread<[UInt8]> {
                    Self.receiveUnprivileged(interface, file, map, signalling: isBound)
                }
                #expect(ctr_poll_in(isBound, 10_000_000_000) == 1)
                _ = try sendNumbered(32, on: wire, from: wire.senderName)
                return receiver.join()
            }
            #expect(numbers == Array(0..<32))
        }

        /// On a thread that has lost every capability, for good.
        private static func receiveUnprivileged(
            _ interface: NetworkInterface, _ file: OwnedDescriptor, _ map: OwnedDescriptor, signalling isBound: CInt
        ) -> [UInt8] {
            do {
                #expect(ctr_drop_capabilities() == 0)
                #expect(throws: SystemCallError.self) { try XDPSocket.makeUnbound() }
                var umem = try UMEM(
                    geometry: FrameGeometry(chunkBytes: 2048, frameCount: 64), fillEntries: 128, socket: file)
                _ = umem.provide(frames: 0..<64)
                var socket = try XDPSocket(on: interface, umem: umem, receiveEntries: 64, mode: .copy)
                try SocketMap(map).insert(socket)
                _ = ctr_eventfd_signal(isBound)
                return receivedNumbers(32, by: &socket)
            } catch {
                Issue.record("\(error)")
                return []
            }
        }

        @Test("a socket on another interface shares the UMEM through rings of its own; the frames of both add up")
        func sharedWithAnotherInterface() throws {
            let places = try inReceiver { name in
                #expect(try Invocation(program: "ip", ["link", "set", "lo", "up"]).finish().exitCode == 0)
                var umem = try UMEM(geometry: FrameGeometry(chunkBytes: 2048, frameCount: 64), fillEntries: 128)
                _ = umem.provide(frames: 0..<16)
                let first = try XDPSocket(
                    on: NetworkInterface(named: name), umem: umem, receiveEntries: 64, mode: .copy)
                let loopback = try NetworkInterface(named: "lo")
                var second = try XDPSocket(
                    sharing: first, on: loopback, queue: 0, fillEntries: 64, fillFrames: 16..<32, receiveEntries: 64)
                let program = try RedirectProgram(queues: 1)
                try program.redirect(to: second)
                _ = try program.attach(to: loopback, mode: .skb)
                let packet = [UInt8](repeating: 7, count: 64)
                let sent = packet.withUnsafeBytes {
                    LiveFrames(through: program, from: loopback, queue: 0).send($0, count: 8)
                }
                #expect(sent == 0)
                program.detach()
                let batch = second.receive.peek(upTo: 64)
                let places = (0..<batch.count).map {
                    second.geometry.frameNumber(of: second.receive.read(at: batch[$0]).address)
                }
                second.receive.release(batch.count)
                var account = FrameAccount(frames: 64)
                try first.add(to: &account)
                try second.add(to: &account)
                #expect(account.isWhole(holding: 32 + 8), "\(account)")
                #expect(account.inFillRing == 16 + 8)
                return places
            }
            #expect(places == Array(16..<24))
        }

        @Test("a packet of three frames is handed out whole or not at all")
        func wholePackets() throws {
            let wire = wire
            let counts = try inReceiver { name in
                #expect(try Invocation(program: "ip", ["link", "set", name, "mtu", "9000"]).finish().exitCode == 0)
                let interface = try NetworkInterface(named: name)
                var umem = try UMEM(geometry: FrameGeometry(frameCount: 64), fillEntries: 128)
                _ = umem.provide(frames: 0..<64)
                var socket = try XDPSocket(
                    on: interface, umem: umem, receiveEntries: 64, mode: .copy, multiBuffer: true)
                let program = try RedirectProgram(queues: 1, multiBuffer: true)
                try program.redirect(to: socket)
                _ = try program.attach(to: interface, mode: .native)
                let packet = [UInt8](repeating: 0xff, count: 9000)
                try Self.sendRaw(packet, on: wire)
                #expect(socket.waitForPackets(timeoutNanoseconds: 2_000_000_000) == 1)
                let part = socket.receive.peek(upTo: 2)
                socket.receive.cancel(part.count)
                let whole = socket.receive.peekWholePackets(upTo: 2)
                let lengths = (0..<whole.count).map { socket.receive.read(at: whole[$0]).length }
                program.detach()
                return [part.count, whole.count, lengths.reduce(0, +)]
            }
            #expect(counts == [2, 3, 9000])
        }

        private static func sendRaw(_ packet: [UInt8], on wire: VethPair) throws {
            let name = wire.senderName
            try wire.sender.run { () throws(Failure) in
                var packet = packet
                let index = if_nametoindex(name)
                _ = try? Invocation(program: "ip", ["link", "set", name, "mtu", "9000"]).finish()
                let socket = ctr_packet_socket(index)
                defer { close(socket) }
                let sent = packet.withUnsafeMutableBytes { bytes in
                    ctr_packet_send(socket, bytes.baseAddress, bytes.count, bytes.count, 1)
                }
                guard sent == 1 else { throw Failure(.systemCall, "sendmmsg \(sent)") }
            }
        }

        @Test("a TX-only socket has an RX that is always empty, and sends")
        func transmitOnly() throws {
            let waiting = try inReceiver { name in
                let umem = try UMEM(
                    geometry: FrameGeometry(frameCount: 16), fillEntries: 2, completionEntries: 16)
                var socket = try XDPSocket(
                    on: NetworkInterface(named: name), umem: umem, receiveEntries: 0, transmitEntries: 16, mode: .copy)
                let slots = socket.transmit?.reserve(1) ?? RingBatch(first: RingIndex(0), count: 0)
                memset(socket.memory.base, 0xff, 64)
                socket.transmit?.write(XDPDescriptor(address: 0, length: 64), at: slots[0])
                socket.transmit?.submit(slots.count)
                #expect(socket.waitForRoom(timeoutNanoseconds: 1_000_000_000) == 1)
                let completed = socket.completion.peek(upTo: 16)
                return [completed.count, socket.receive.peek(upTo: 16).count]
            }
            #expect(waiting == [1, 0])
        }

        @Test("in copy mode the kernel computes a checksum that the metadata asks for")
        func checksum() throws {
            let wire = wire
            let seen = try inReceiver { name in
                var socket = try makeSocket(on: name, mode: .copy)
                let program = try RedirectProgram()
                try program.redirect(to: socket)
                _ = try program.attach(to: socket.interface, mode: .skb)
                try Self.sendWithChecksum(on: wire)
                #expect(socket.waitForPackets(timeoutNanoseconds: 2_000_000_000) == 1)
                let batch = socket.receive.peek(upTo: 1)
                let address = Int(socket.receive.read(at: batch[0]).address)
                program.detach()
                return [16, 17].map { socket.memory.base.load(fromByteOffset: address + $0, as: UInt8.self) }
            }
            // 44 bytes of 0x01 from byte 20 on: 22 words of 0x0101, as one's complement.
            #expect(seen == [~UInt8(22), ~UInt8(22)])
        }

        /// One packet whose bytes 16 and 17 are asked to be the checksum of the bytes from 16 on.
        private static func sendWithChecksum(on wire: VethPair) throws {
            let name = wire.senderName
            try wire.inSender { () throws(XDPError) in
                let umem = try UMEM(
                    geometry: FrameGeometry(frameCount: 16), fillEntries: 2, completionEntries: 16,
                    transmitMetadata: .softwareChecksum)
                var socket = try XDPSocket(
                    on: NetworkInterface(named: name), umem: umem, receiveEntries: 0, transmitEntries: 16, mode: .copy)
                let packet = socket.memory.base + 256
                memset(packet, 0xff, 16)
                memset(packet + 16, 0, 4)
                memset(packet + 20, 1, 44)
                TransmitMetadata.requestChecksum(from: 16, at: 0, of: packet)
                let slots = socket.transmit?.reserve(1) ?? RingBatch(first: RingIndex(0), count: 0)
                socket.transmit?.write(
                    XDPDescriptor(address: 256, length: 64, options: XDPDescriptor.metadata), at: slots[0])
                socket.transmit?.submit(slots.count)
                socket.wakeTransmit()
                // Open until it is sent.
                for _ in 0..<1000 where socket.completion.peek(upTo: 1).isEmpty { usleep(1000) }
            }.get()
        }

        @Test("a larger budget lets one call send more than 32 packets")
        func budget() throws {
            let left = try inReceiver { name in
                var counts: [UInt32] = []
                for budget in [nil, UInt32(64)] {
                    var socket = try makeSocket(on: name, transmitEntries: 64, mode: .copy)
                    if let budget { try socket.limitSending(descriptorsPerCall: budget) }
                    try socket.preferBusyPolling(microseconds: 20, budget: 64)
                    memset(socket.memory.base, 0xff, 64)
                    let slots = socket.transmit?.reserve(64) ?? RingBatch(first: RingIndex(0), count: 0)
                    for offset in 0..<slots.count {
                        socket.transmit?.write(XDPDescriptor(address: 0, length: 64), at: slots[offset])
                    }
                    socket.transmit?.submit(slots.count)
                    socket.wakeTransmit()
                    counts.append(socket.completion.peek(upTo: 64).count)
                }
                return counts
            }
            #expect(left == [32, 64])
        }
    }
}

/// The numbers in byte 14 of the next packets.
func receivedNumbers(_ count: Int, by socket: inout XDPSocket) -> [UInt8] {
    var numbers: [UInt8] = []
    while numbers.count < count, socket.waitForPackets(timeoutNanoseconds: 2_000_000_000) == 1 {
        let batch = socket.receive.peek(upTo: 64)
        for offset in 0..<batch.count {
            let address = Int(socket.receive.read(at: batch[offset]).address)
            numbers.append(socket.memory.base.load(fromByteOffset: address + 14, as: UInt8.self))
        }
        socket.receive.release(batch.count)
    }
    return numbers
}
