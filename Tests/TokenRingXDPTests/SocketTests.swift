import CTokenRing
import Glibc
import RingBenchKit
import SystemPackage
import Testing
import TokenRing
import TokenRingXDP

extension AFXDP {
    @Suite("Sockets")
    struct SocketTests {
        private let wire: VethPair
        init() throws { wire = try VethPair() }

        private func error<Value>(of result: Result<Value, XDPError>) -> XDPError? {
            if case .failure(let error) = result { error } else { nil }
        }

        @Test("forced zero copy on veth is refused with EOPNOTSUPP")
        func zeroCopyRefused() throws {
            let result = try wire.inReceiver { [name = wire.receiverName] () throws(XDPError) in
                _ = try makeSocket(on: name, mode: .zeroCopy)
            }
            let error = error(of: result)
            #expect(error?.errno == .notSupportedOnSocket)
            guard case .zeroCopyRefused(interface: wire.receiverName, driver: "veth", _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }

        @Test("copy mode that was asked for is granted as such")
        func copyGranted() throws {
            let mode = try wire.inReceiver { [name = wire.receiverName] () throws(XDPError) in
                try makeSocket(on: name, mode: .copy).mode
            }.get()
            #expect(mode.requested == .copy)
            #expect(mode.granted == .copy)
            #expect(mode.reason == "copy mode was asked for")
        }

        @Test("a queue can be taken again at once after its socket was closed")
        func reopened() throws {
            let opened = try wire.inReceiver { [name = wire.receiverName] () throws(XDPError) in
                var opened = 0
                for _ in 0..<20 {
                    let socket = try makeSocket(on: name)
                    opened += socket.descriptor >= 0 ? 1 : 0
                }
                return opened
            }.get()
            #expect(opened == 20)
        }

        @Test("a queue that another socket keeps is refused with EBUSY")
        func busyQueue() throws {
            let result = try wire.inReceiver { [name = wire.receiverName] () throws(XDPError) in
                let first = try makeSocket(on: name)
                _ = try makeSocket(on: name)
                _ = first.descriptor
            }
            #expect(error(of: result)?.errno == .resourceBusy)
        }

        @Test("an interface that does not exist is refused by name")
        func noSuchInterface() throws {
            let result = try wire.inReceiver { () throws(XDPError) in _ = try makeSocket(on: "nosuch0") }
            #expect(error(of: result) == .noSuchInterface("nosuch0"))
        }

        @Test("a queue that does not exist is refused with the number of queues")
        func noSuchQueue() throws {
            let name = wire.receiverName
            let result = try wire.inReceiver { () throws(XDPError) in _ = try makeSocket(on: name, queue: 9) }
            guard case .noSuchQueue(9, interface: name, let queues)? = error(of: result) else {
                Issue.record("\(result)")
                return
            }
            #expect((1...9).contains(queues))
        }

        @Test("a ring size that is no power of two is refused before the kernel is asked")
        func oddRing() throws {
            let name = wire.receiverName
            let result = try wire.inReceiver { () throws(XDPError) in
                let geometry = try FrameGeometry(frameCount: 16)
                let umem = try UMEM(geometry: geometry, fillEntries: 32)
                _ = try XDPSocket(on: try NetworkInterface(named: name), umem: umem, receiveEntries: 100)
            }
            guard case .configuration(field: "RX ring size", value: 100, _)? = error(of: result) else {
                Issue.record("\(result)")
                return
            }
        }

        @Test("packets sent through TX arrive in RX, and every frame comes back through COMPLETION")
        func allFourRings() throws {
            let (receiverName, senderName, wire) = (wire.receiverName, wire.senderName, wire)
            let outcome = try wire.receiver.run { () throws(Failure) in
                do throws(XDPError) {
                    var socket = try makeSocket(on: receiverName, mode: .copy)
                    let program = try redirected(to: socket)
                    let completed = try sendNumbered(128, on: wire, from: senderName)
                    var numbers: [UInt8] = []
                    while numbers.count < 128, socket.waitForPackets(timeoutNanoseconds: 2_000_000_000) == 1 {
                        let batch = socket.receive.peek(upTo: 64)
                        for offset in 0..<batch.count {
                            let descriptor = socket.receive.read(at: batch[offset])
                            numbers.append(
                                socket.memory.base.load(fromByteOffset: Int(descriptor.address) + 14, as: UInt8.self))
                        }
                        socket.receive.release(batch.count)
                    }
                    program.detach()
                    return (completed, numbers)
                } catch {
                    throw Failure(error)
                }
            }
            #expect(Set(outcome.0).count == 128)
            #expect(outcome.1 == Array(0..<128))
        }
    }
}

private func redirected(to socket: borrowing XDPSocket) throws(XDPError) -> RedirectProgram {
    do throws(SystemCallError) {
        let program = try RedirectProgram()
        try program.redirect(to: socket)
        _ = try program.attach(to: socket.interface, mode: .native)
        return program
    } catch {
        throw .system(error)
    }
}

/// Sends packets whose byte 14 is their number and returns the addresses that came back through COMPLETION.
func sendNumbered(_ count: UInt32, on wire: VethPair, from name: String) throws(XDPError) -> [UInt64] {
    let result: Result<[UInt64], XDPError>
    do throws(Failure) {
        result = try wire.inSender { () throws(XDPError) in
            var socket = try makeSocket(on: name, transmitEntries: 256, mode: .copy)
            let memory = socket.memory
            let slots = socket.transmit?.reserve(count) ?? RingBatch(first: RingIndex(0), count: 0)
            for offset in 0..<slots.count {
                let address = socket.geometry.address(ofFrame: offset)
                (memory.base + Int(address)).initializeMemory(as: UInt8.self, repeating: 2, count: 64)
                memory.base.storeBytes(of: UInt8(offset), toByteOffset: Int(address) + 14, as: UInt8.self)
                socket.transmit?.write(XDPDescriptor(address: address, length: 64), at: slots[offset])
            }
            socket.transmit?.submit(slots.count)
            var completed: [UInt64] = []
            // Copy mode sends 32 per call at the most.
            for _ in 0..<10_000 where completed.count < Int(count) {
                socket.wakeTransmit()
                let batch = socket.completion.peek(upTo: count)
                for offset in 0..<batch.count { completed.append(socket.completion.read(at: batch[offset])) }
                socket.completion.release(batch.count)
            }
            return completed
        }
    } catch {
        throw .system(SystemCallError("test", errno: 5, hint: error.description))
    }
    return try result.get()
}

/// Sends packets of any length from an ordinary packet socket.
func sendRaw(count: Int, bytes: Int, through name: String) throws(Failure) {
    do throws(SystemCallError) {
        let socket = try OwnedDescriptor(ctr_packet_listener(if_nametoindex(name), 0x88B5), of: "socket(AF_PACKET)")
        let packet = [UInt8](repeating: 2, count: bytes)
        for _ in 0..<count {
            try SystemCallError.check(CInt(send(socket.descriptor.rawValue, packet, bytes, 0)), "send(AF_PACKET)")
        }
    } catch {
        throw Failure(error)
    }
}
