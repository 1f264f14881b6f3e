import CTokenRing
import RingKernelModel
import Testing
import TokenRing

/// A driver that posts the binding's buffers and hands back those that packets came into; here the test is the driver.
@Suite("A receive queue with a driver outside the model")
struct DriverQueueTests {
    private let kernel: Kernel
    private let binding: Binding
    private let driver: DriverQueue

    init() throws { try self.init("mapped-ring-owned") }

    private init(_ composition: String) throws {
        kernel = Kernel(bare: try #require(Composition.named(composition)))
        var request = BindRequest()
        request.dmabufBytes = 64 * Binding.pageBytes
        binding = try kernel.bind(request).get()
        driver = DriverQueue(kernel, binding)
    }

    private func open(deliveryEntries: UInt32 = 64) throws -> (Socket, RingEnds) {
        var request = RingSet.Request()
        request.deliveryEntries = deliveryEntries
        let socket = kernel.open()
        return (socket, try RingEnds(try kernel.createRingSet(on: binding, request, serving: [socket])))
    }

    private func allocate(_ most: Int = 64) -> [UMEMAddress] {
        let addresses = UnsafeMutableBufferPointer<UMEMAddress>.allocate(capacity: most)
        defer { addresses.deallocate() }
        return Array(addresses[..<driver.allocate(addresses)])
    }

    /// Packets of 64 bytes, 256 bytes into each buffer, as AF_XDP places them.
    private func receive(_ buffers: some Sequence<UMEMAddress>, for socket: Socket) -> Int {
        driver.receive(buffers.map { XDPDescriptor(address: $0 + 256, length: 64) }, for: socket)
    }

    @Test(
        "every buffer is given once, and again when its token is back",
        arguments: ["mapped-ring", "mapped-ring-owned", "mapped-ring-xarray"])
    func goesRound(composition: String) throws { try DriverQueueTests(composition).goesRound() }

    private func goesRound() throws {
        let (socket, ends) = try open()
        let first = allocate()
        #expect(Set(first) == Set((0..<64).map { UInt64($0) * 4096 }))
        #expect(allocate().isEmpty)
        for _ in 0..<10 {
            #expect(receive(first, for: socket) == 64)
            let frags = ends.take()
            #expect(frags.map(\.frag_offset) == first.map { $0 + 256 })
            #expect(Set(frags.map(\.frag_token)).count == 64)
            #expect(frags.allSatisfy { $0.frag_size == 64 && $0.socket_cookie == socket.cookie })
            #expect(frags.map(\.flags) == Array(repeating: 0, count: 63) + [UInt32(TOKEN_RING_FRAG_LAST)])
            #expect(allocate().isEmpty, "a buffer came back before its token")
            ends.put(frags.map(\.frag_token))
            #expect(Set(allocate()) == Set(first))
        }
        #expect(binding.pool.audit.doubleFrees == 0)
        #expect(kernel.refusals.total == 0)
    }

    @Test("buffers are given in the order in which their tokens came back, so that neighbours stay neighbours")
    func order() throws {
        let (socket, ends) = try open()
        let first = allocate()
        #expect(receive(first, for: socket) == 64)
        let tokens = ends.take().map(\.frag_token)
        for part in [tokens[40...], tokens[..<40]] { ends.put(Array(part)) }
        let again = allocate(24) + allocate(7) + allocate()
        #expect(again == Array(first[40...] + first[..<40]))
    }

    @Test("what a full ring does not take waits in the socket's queue, in order, and comes after a kick")
    func fullRing() throws {
        let (socket, ends) = try open(deliveryEntries: 16)
        let buffers = allocate()
        #expect(receive(buffers[..<40], for: socket) == 40)
        #expect(receive(buffers[40...], for: socket) == 24)
        var frags: [FragDescriptor] = []
        for _ in 0..<8 { frags += ends.take(upTo: 16) }
        #expect(frags.map(\.frag_offset) == buffers.map { $0 + 256 })
    }

    @Test("what neither ring nor queue takes is refused, and its buffer is free at once")
    func fullWindow() throws {
        var configuration = Kernel.Configuration()
        configuration.windowFrags = 8
        let kernel = Kernel(bare: try #require(Composition.named("mapped-ring-owned")), configuration)
        var bind = BindRequest()
        bind.dmabufBytes = 64 * Binding.pageBytes
        let binding = try kernel.bind(bind).get()
        let driver = DriverQueue(kernel, binding)
        var request = RingSet.Request()
        request.deliveryEntries = 16
        let socket = kernel.open()
        try kernel.createRingSet(on: binding, request, serving: [socket])
        let addresses = UnsafeMutableBufferPointer<UMEMAddress>.allocate(capacity: 64)
        defer { addresses.deallocate() }
        #expect(driver.allocate(addresses) == 64)
        let taken = driver.receive(addresses.map { XDPDescriptor(address: $0 + 256, length: 64) }, for: socket)
        #expect(taken == 16 + 8)
        #expect(binding.pool.audit.freeBuffers == 40)
        #expect(driver.allocate(addresses) == 40)
    }

    @Test("a closed socket takes nothing; buffers of a closed ring set are free with it")
    func closed() throws {
        let (socket, ends) = try open()
        let (other, _) = try open()
        let buffers = allocate()
        #expect(receive(buffers[..<20], for: socket) == 20)
        #expect(receive(buffers[20..<30], for: other) == 10)
        kernel.close(socket)
        #expect(receive(buffers[30...], for: socket) == 0)
        #expect(binding.pool.audit.freeBuffers == 34)
        #expect(kernel.close(ends.ringSet) == 20)
        #expect(binding.pool.audit.freeBuffers == 54)
        #expect(Set(allocate()).isDisjoint(with: buffers[20..<30]))
    }

    @Test(
        "packets in buffers that are not posted are counted and nothing else; those around them arrive in order",
        arguments: ["mapped-ring", "mapped-ring-owned", "mapped-ring-xarray"])
    func strays(composition: String) throws { try DriverQueueTests(composition).strays() }

    private func strays() throws {
        let (socket, ends) = try open()
        let buffers = allocate()
        #expect(driver.posted == 64)
        func packet(_ buffer: UMEMAddress, _ length: UInt32 = 64) -> XDPDescriptor {
            XDPDescriptor(address: buffer + 256, length: length)
        }
        let strays = [
            packet(buffers[0]),  // A second time.
            packet(64 * 4096), packet(.max - 4096), packet(buffers[5], 4096 - 256 + 1), packet(buffers[5], .max),
        ]
        var packets = [packet(buffers[0])]
        for (number, stray) in strays.enumerated() { packets += [stray, packet(buffers[number + 1])] }
        packets[packets.count - 1] = packet(buffers[5], 4096 - 256)
        #expect(driver.receive(packets, for: socket) == 6)
        #expect(driver.strayPackets == 5)
        #expect(driver.posted == 58)
        let frags = ends.take()
        #expect(frags.map(\.frag_offset) == buffers[..<6].map { $0 + 256 })
        #expect(frags.map(\.frag_size) == Array(repeating: 64, count: 5) + [4096 - 256])
        ends.put(frags.map(\.frag_token))
        #expect(Set(allocate()) == Set(buffers[..<6]))
        #expect(driver.posted == 64)
        #expect(binding.pool.audit.doubleFrees == 0)
    }

    @Test("room that stray packets leave goes back, and a call of the ring set finds it unlocked")
    func room() throws {
        let (socket, ends) = try open(deliveryEntries: 16)
        let buffers = allocate()
        let stray = XDPDescriptor(address: 64 * 4096, length: 1)
        for position in 0..<20 {
            let packets = [XDPDescriptor(address: buffers[position], length: 1)] + Array(repeating: stray, count: 15)
            #expect(driver.receive(packets, for: socket) == 1)
            #expect(ends.ringSet.counters.delivered == UInt64(position + 1))
            #expect(ends.take().map(\.frag_offset) == [buffers[position]])
        }
        #expect(driver.receive([], for: socket) == 0)
        #expect(ends.ringSet.flush() == 0)
    }

    @Test("what is fetched ahead is still to come: every token once, in order, also when a pass left part of a range")
    func fetchedAhead() throws {
        let (socket, ends) = try open()
        let buffers = allocate()
        #expect(receive(buffers, for: socket) == 64)
        let tokens = ends.take().map(\.frag_token)
        driver.fetchReturns()
        driver.fetchReturnedBuffers()
        #expect(allocate().isEmpty)
        ends.put([tokens[0]], count: 40)
        driver.fetchReturns()
        driver.fetchReturnedBuffers()
        #expect(allocate(24) == Array(buffers[..<24]))
        driver.fetchReturnedBuffers()
        ends.put([tokens[40]], count: 24)
        driver.fetchReturnedBuffers()
        #expect(allocate(8) + allocate() == Array(buffers[24...]))
        #expect(kernel.refusals.total == 0)
        #expect(kernel.close(ends.ringSet) == 0)
        driver.fetchReturnedBuffers()
    }

    @Test("a token that comes back in two ranges frees its buffer once, and one of a posted buffer frees nothing")
    func returnedTwice() throws {
        let (socket, ends) = try open()
        let buffers = allocate()
        #expect(receive(buffers, for: socket) == 64)
        let tokens = ends.take().map(\.frag_token)
        ends.put([tokens[0]], count: 10)
        ends.put([tokens[5]], count: 15)
        #expect(allocate() == Array(buffers[..<20]))
        #expect(kernel.refusals.notHeld == 5)
        ends.put([tokens[0]], count: 20)
        #expect(allocate().isEmpty)
        #expect(kernel.refusals.notHeld == 25)
        #expect(binding.pool.audit.doubleFrees == 0)
    }

    @Test("what gets no token for want of memory waits in the socket's queue, in order")
    func noMemory() throws {
        let tests = try DriverQueueTests("mapped-ring-xarray")
        let (socket, ends) = try tests.open()
        let buffers = tests.allocate()
        tests.kernel.faults.failNext(.tokenAllocation)
        #expect(tests.receive(buffers[..<8], for: socket) == 8)
        #expect(tests.receive(buffers[8..<16], for: socket) == 8)
        #expect(tests.driver.strayPackets == 0)
        #expect(ends.take().map(\.frag_offset) == buffers[..<16].map { $0 + 256 })
        #expect(tests.driver.posted == 48)
    }

    @Test("a driver without a buffer says so once, until it is asked again")
    func starvation() throws {
        let (_, ends) = try open()
        _ = allocate()
        #expect(allocate().isEmpty)
        #expect(ends.ringSet.counters.starved == 0, "others are posted")
        driver.reportStarvation()
        #expect(ends.ringSet.counters.starved == 1)
        #expect(ends.ringSet.arm() == 0)
        #expect(ends.ringSet.arm() != 0)
    }
}

extension DriverQueue {
    /// Receives packets.
    func receive(_ packets: [XDPDescriptor], for socket: Socket) -> Int {
        packets.withUnsafeBufferPointer { receive($0, for: socket).taken }
    }
}
