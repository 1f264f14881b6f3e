import Glibc
import RingKernelModel
import TokenRing

/// A kernel of one proposal with two sockets, and the application around it: it receives and returns in whatever way the
/// proposal has, checks every byte, and writes down what it did and saw. One thread.
final class ScenarioKernel {
    /// What is tested.
    let subject: Subject
    /// The kernel under test.
    let kernel: Kernel
    /// What was seen, to be compared with the expectation.
    private(set) var seen: [String] = []
    /// What was done, for whoever reads of a failure.
    private(set) var trace: [String] = []
    /// Fragments whose bytes were not those of the stream.
    private(set) var corrupt = 0
    /// What user space holds.
    var held: [HeldToken] = []
    private var rings: [ObjectIdentifier: UserRings] = [:]
    private var streams: [UInt64: (content: StreamContent, position: UInt64)] = [:]
    /// Whether the application lied about its return ring, and has lost it.
    var hasLostReturnRing = false
    private let configuration: Kernel.Configuration

    /// What keeps a case from going on.
    struct Stuck: Error, CustomStringConvertible { let description: String }

    /// A kernel of 64 buffers and two flows, changed as the case wants it.
    ///
    /// - Throws: when memory or a ring cannot be had.
    init(_ subject: Subject, bare: Bool, _ configure: (inout Kernel.Configuration) -> Void) throws {
        self.subject = subject
        var configuration = Kernel.Configuration()
        configuration.flows = 2
        configuration.threads = 2
        configuration.niovs = 64
        configuration.deliveryEntries = 64
        configuration.returnEntries = 64
        configuration.depth = .everyByte
        configure(&configuration)
        self.configuration = configuration
        kernel =
            bare ? Kernel(bare: subject.composition, configuration) : try Kernel(subject.composition, configuration)
        for ringSet in kernel.ringSets { use(try UserRings(ringSet)) }
    }

    /// From now on the application uses these ends.
    func use(_ user: UserRings) { rings[ObjectIdentifier(user.ringSet)] = user }

    // MARK: seeing

    /// Adds a step to what was seen.
    func see(_ step: String) { seen.append(step) }

    /// Adds to the trace.
    func did(_ step: String) { trace.append(step) }

    /// How long the trace is.
    var traceCount: Int { trace.count }

    /// Puts one line in place of what was added to the trace since it was `count` long.
    func shortenTrace(to count: Int, by step: String) {
        trace.removeSubrange(count...)
        trace.append(step)
    }

    /// Sees what a call returned: `ret 3` or `-EINVAL`.
    func see(_ what: String = "", result: Int) {
        see("\(what.isEmpty ? "" : "\(what): ")\(ErrnoName.text(of: result))")
    }

    /// Sees whether the page pool has the buffer of a fragment.
    func seeBuffer(_ frag: ReceivedFrag, of binding: Binding? = nil) {
        see(isInPool(frag, of: binding) ? "in the pool" : "held")
    }

    /// Whether the page pool has the buffer of a fragment.
    func isInPool(_ frag: ReceivedFrag, of binding: Binding? = nil) -> Bool {
        let binding = binding ?? kernel.binding
        return binding.pool.hasBuffer(index(of: frag, in: binding))
    }

    /// The number of a fragment's buffer.
    func index(of frag: ReceivedFrag, in binding: Binding) -> NetIOVIndex {
        NetIOVIndex(frag.offset / UInt64(binding.niovBytes))
    }

    /// Sees how many returns were refused so far.
    func seeRefused() { see("\(kernel.refusals.total) refused") }

    /// The page pool's books of the first binding.
    var pool: PagePool.Audit { kernel.binding.pool.audit }

    // MARK: traffic

    /// Lets fragments arrive for a socket.
    ///
    /// - Returns: how many did.
    @discardableResult
    func arrive(_ count: Int, flow: Int = 0, from binding: Binding? = nil) -> Int {
        var came = 0
        while came < count {
            let burst = Arrival(frags: min(count - came, 16))
            let moved = kernel.softirq(burst, on: kernel.sockets[flow], from: binding ?? kernel.binding).received
            guard moved > 0 else { break }
            came += moved
        }
        did("\(came) of \(count) fragments arrive on socket \(flow)")
        return came
    }

    /// Lets one skb of a certain shape arrive for a socket.
    func arrive(_ arrival: Arrival, flow: Int = 0, from binding: Binding? = nil) {
        _ = kernel.softirq(arrival, on: kernel.sockets[flow], from: binding ?? kernel.binding)
        did("an skb with \(arrival.linearBytes) linear bytes and \(arrival.frags) \(arrival.kind) fragments arrives")
    }

    /// Takes delivery of up to `most` fragments of a socket, with room for `messages` control messages where there are any.
    func receive(_ most: Int = 64, flow: Int = 0, messages: Int = 64) -> Reception {
        let socket = kernel.sockets[flow]
        let reception =
            if let user = userRings(of: flow), user.ringSet.delivers {
                takeFromRing(user, socket, most)
            } else {
                receiveMessage(socket, most, messages)
            }
        did(
            reception.result < 0
                ? "socket \(flow) receives \(ErrnoName.text(of: reception.result))"
                : "socket \(flow) receives \(reception.frags.count) tokens "
                    + "\(reception.frags.prefix(4).map(\.token))\(reception.frags.count > 4 ? " and more" : "")")
        let binding = socketBinding(reception, flow)
        for frag in reception.frags {
            held.append(HeldToken(frag: frag, flow: flow, owner: owner(of: flow), binding: binding))
        }
        if reception.plainBytes > 0 { skip(reception.plainBytes, of: socket) }
        check(reception.frags, of: socket, in: binding)
        return reception
    }

    private func receiveMessage(_ socket: Socket, _ most: Int, _ messages: Int) -> Reception {
        let room = most * min(configuration.fragBytes, configuration.niovBytes)
        return withUnsafeTemporaryAllocation(byteCount: messages * ControlMessages.space + room, alignment: 8) {
            let control = UnsafeMutableRawBufferPointer(rebasing: $0[..<(messages * ControlMessages.space)])
            let memory = UnsafeMutableRawBufferPointer(rebasing: $0[control.count...])
            let result = kernel.recvmsg(on: socket, length: room, control: control, memory: memory)
            return Reception(result, control: UnsafeRawBufferPointer(control), memory: UnsafeRawBufferPointer(memory))
        }
    }

    private func takeFromRing(_ user: UserRings, _ socket: Socket, _ most: Int) -> Reception {
        user.take()
        var frags = user.frags(of: socket.cookie, upTo: most)
        while frags.count < most, user.asksForKick, !user.ringSet.isClosed {
            guard user.ringSet.kick() > 0 else { break }
            user.take()
            frags += user.frags(of: socket.cookie, upTo: most - frags.count)
        }
        return Reception(ring: frags)
    }

    /// Which binding the fragments of a reception are in: that of the ring set, else that of the control messages.
    private func socketBinding(_ reception: Reception, _ flow: Int) -> Binding {
        if let user = userRings(of: flow), user.ringSet.delivers { return user.ringSet.binding }
        return kernel.bindings.first { $0.id == reception.dmabufID } ?? kernel.bindings[0]
    }

    // MARK: the application's memory

    /// The fragments' bytes are the next of the socket's stream.
    private func check(_ frags: [ReceivedFrag], of socket: Socket, in binding: Binding) {
        for frag in frags {
            let (content, position) = stream(of: socket)
            let bytes = UnsafeRawBufferPointer(start: binding.memory.base + Int(frag.offset), count: Int(frag.size))
            if !content.matches(at: position, bytes, depth: .everyByte) {
                corrupt += 1
                did("the bytes of token \(frag.token) are not those of the stream")
            }
            skip(Int(frag.size), of: socket)
        }
    }

    /// The stream of a socket, and how far it was received.
    func stream(of socket: Socket) -> (content: StreamContent, position: UInt64) {
        streams[socket.cookie] ?? (StreamContent(seed: configuration.seed, flow: Int(socket.cookie)), 0)
    }

    /// Bytes of the stream that were read in another way.
    func skip(_ bytes: Int, of socket: Socket) {
        let (content, position) = stream(of: socket)
        streams[socket.cookie] = (content, position + UInt64(bytes))
    }

    // MARK: rings

    /// User space's ends of the ring set that serves a socket.
    func userRings(of flow: Int) -> UserRings? {
        let groups = kernel.ringSets
        guard !groups.isEmpty else { return nil }
        let number =
            switch subject.composition.topology {
            case .none, .ringPerBinding, .ringShared: 0
            case .ringPerSocket: min(flow, groups.count - 1)
            case .ringPerThread: flow % groups.count
            }
        return rings[ObjectIdentifier(groups[number])]
    }

    /// Who owns the tokens of a socket: its ring set if fragments come through one, else itself.
    func owner(of flow: Int) -> ObjectIdentifier {
        if let user = userRings(of: flow), user.ringSet.delivers { return ObjectIdentifier(user.ringSet) }
        return ObjectIdentifier(kernel.sockets[flow])
    }

    /// Closes the owner of a socket's tokens, and the socket.
    func closeOwner(of flow: Int) {
        if let user = userRings(of: flow) { kernel.close(user.ringSet) }
        close(flow)
    }

    /// Closes a socket.
    func close(_ flow: Int) {
        kernel.close(flow)
        did("socket \(flow) is closed")
    }

    /// Unbinds.
    func unbind(_ binding: Binding? = nil) {
        kernel.unbind(binding ?? kernel.binding)
        did("unbind")
    }
}
