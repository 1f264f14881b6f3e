import TokenRing
import TokenRingXDP

/// Receives packets on queue 0 of an interface, in place, and gives each frame back.
func receive(_ wanted: UInt32, on name: String) throws -> UInt64 {
    let interface = try NetworkInterface(named: name)
    let frames: UInt32 = 1024

    // FILL before the socket is bound: a zero-copy driver takes its receive buffers from it at that moment.
    var umem = try UMEM(geometry: FrameGeometry(frameCount: frames), fillEntries: 2 * frames)
    _ = umem.provide(frames: 0..<frames)
    var socket = try XDPSocket(on: interface, umem: umem, receiveEntries: frames)
    print("\(socket.mode.granted.rawValue): \(socket.mode.reason)")

    let program = try RedirectProgram(queues: 1)
    try program.redirect(to: socket)
    _ = try program.attach(to: interface, mode: .auto)
    defer { program.detach() }

    var (received, bytes): (UInt32, UInt64) = (0, 0)
    while received < wanted {
        let packets = socket.receive.peek(upTo: min(64, wanted - received))
        let slots = socket.fill.reserve(packets.count)
        for offset in 0..<packets.count {
            let packet = socket.receive.read(at: packets[offset])
            // The payload is at socket.memory.base + packet.address, as the kernel wrote it.
            bytes += UInt64(packet.length)
            socket.fill.write(socket.geometry.frameAddress(of: packet.address), at: slots[offset])
        }
        socket.receive.release(packets.count)
        socket.fill.submit(slots.count)
        received += packets.count
        if packets.isEmpty { _ = socket.waitForPackets(timeoutNanoseconds: 100_000_000) }
    }
    return bytes
}

let (interface, count) = (CommandLine.arguments[1], UInt32(CommandLine.arguments[2]) ?? 1)
print("\(count) packets, \(try receive(count, on: interface)) bytes")
