import Glibc
import RingBenchKit
import TokenRing
import TokenRingXDP

/// A numbered packet as a receiver of the tests' own sees it: what design/measuring.md says of its bytes is written down here
/// a second time.
struct ReceivedPacket: Sendable {
    let number: UInt64
    let length: UInt32
    /// The lower four bytes of the two Ethernet addresses.
    let source: UInt64
    let destination: UInt64
    /// Whether every word of the payload is what the number asks for.
    let isIntact: Bool

    init(_ packet: UnsafeRawPointer, length: UInt32) {
        func word(_ offset: Int) -> UInt64 {
            UInt64(UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
        let number = packet.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        self.number = number
        self.length = length
        (destination, source) = (word(2), word(8))
        isIntact = stride(from: 24, to: Int(length) - 7, by: 8).allSatisfy {
            packet.loadUnaligned(fromByteOffset: $0, as: UInt64.self) == number &* 0x9E37_79B9_7F4A_7C15 &+ UInt64($0)
        }
    }
}

/// Receives numbered packets on a thread of its own.
enum Receiver {
    struct Running {
        let thread: PinnedThread<Result<[ReceivedPacket], Failure>>
        func join() throws -> [ReceivedPacket] { try thread.join().get() }
    }

    /// Starts receiving on queue 0, until `packets` have come or nothing comes for ten seconds. Returns when it is attached.
    ///
    /// - Parameter peer: first sends as many from the same socket, when a program is attached at this other end.
    static func start(
        on namespace: NetworkNamespace, _ name: String, packets: Int, sendingTo peer: (NetworkNamespace, String)? = nil
    ) throws -> Running {
        let thread = try PinnedThread<Result<[ReceivedPacket], Failure>> {
            do throws(Failure) {
                return .success(
                    try namespace.run { () throws(Failure) in
                        do throws(XDPError) { return try receive(name, packets, peer) } catch { throw Failure(error) }
                    })
            } catch {
                return .failure(error)
            }
        }
        try awaitProgram(on: namespace, name)
        return Running(thread: thread)
    }

    /// Waits until an XDP program is attached.
    static func awaitProgram(on namespace: NetworkNamespace, _ name: String) throws(Failure) {
        for _ in 0..<2000 {
            let isThere = try namespace.run { () throws(Failure) in
                guard let interface = try? NetworkInterface(named: name) else { return false }
                return (try? LeftProgram.attached(to: interface).isEmpty) == false
            }
            if isThere { return }
            usleep(5000)
        }
        throw Failure(.systemCall, "no program on \(name) after ten seconds")
    }

    private static func receive(
        _ name: String, _ most: Int, _ peer: (NetworkNamespace, String)?
    ) throws(XDPError) -> [ReceivedPacket] {
        var umem = try UMEM(
            geometry: try FrameGeometry(chunkBytes: 2048, frameCount: 1024), fillEntries: 2048, completionEntries: 512)
        _ = umem.provide(frames: 0..<512)
        var socket = try XDPSocket(
            on: try NetworkInterface(named: name), umem: umem, receiveEntries: 1024,
            transmitEntries: peer == nil ? 0 : 512, mode: .copy)
        let program: RedirectProgram
        do throws(SystemCallError) {
            program = try RedirectProgram()
            try program.redirect(to: socket)
            _ = try program.attach(to: socket.interface, mode: .native)
        } catch {
            throw .system(error)
        }
        defer { program.detach() }
        if let peer {
            do throws(Failure) { try awaitProgram(on: peer.0, peer.1) } catch {
                throw .system(SystemCallError("test", errno: EIO, hint: error.description))
            }
            send(UInt32(most), through: &socket)
        }
        var packets: [ReceivedPacket] = []
        while packets.count < most, socket.waitForPackets(timeoutNanoseconds: 10_000_000_000) == 1 {
            let batch = socket.receive.peek(upTo: 64)
            let slots = socket.fill.reserve(batch.count)
            var addresses: [UInt64] = []
            for offset in 0..<batch.count {
                let packet = socket.receive.read(at: batch[offset])
                packets.append(ReceivedPacket(socket.memory.base + Int(packet.address), length: packet.length))
                addresses.append(socket.geometry.frameAddress(of: packet.address))
            }
            socket.receive.release(batch.count)
            for (offset, address) in addresses.enumerated() { socket.fill.write(address, at: slots[UInt32(offset)]) }
            socket.fill.submit(slots.count)
        }
        return packets
    }

    /// Packets 0 ..< count, 64 bytes, from 02:00:00:00:00:01 to 02:00:00:00:00:02.
    private static func send(_ count: UInt32, through socket: inout XDPSocket) {
        let slots = socket.transmit?.reserve(count) ?? RingBatch(first: RingIndex(0), count: 0)
        for offset in 0..<slots.count {
            let address = socket.geometry.address(ofFrame: 512 + offset)
            let packet = socket.memory.base + Int(address)
            let head: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xB5, 0, 0]
            packet.copyMemory(from: head, byteCount: head.count)
            packet.storeBytes(of: UInt64(offset), toByteOffset: 16, as: UInt64.self)
            for word in stride(from: 24, to: 64, by: 8) {
                packet.storeBytes(
                    of: UInt64(offset) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(word), toByteOffset: word, as: UInt64.self)
            }
            socket.transmit?.write(XDPDescriptor(address: address, length: 64), at: slots[offset])
        }
        socket.transmit?.submit(slots.count)
        // Copy mode sends 32 per call at the most.
        for _ in 0..<1000 where socket.completion.peek(upTo: .max).count < count {
            socket.completion.cancel(.max)
            socket.wakeTransmit()
            usleep(200)
        }
    }
}
