import Glibc
import RingKernelModel
import TokenRing

/// A kernel of one proposal, driven through some hundred random steps beside a shadow model of what user space holds by the
/// proposal's rules. After each step the two are compared. One thread.
final class Episode {
    /// The kernel and the shadow model disagree.
    struct Mismatch: Error, CustomStringConvertible { let description: String }

    /// A token that user space was given.
    struct Hold {
        let token: UInt32
        let binding: ShadowBinding
        let owner: ShadowOwner
    }

    /// Buffers of a binding, at the most.
    static let mostNiovs = 48

    let subject: Subject
    /// The rules that hold in this episode's mode.
    let rules: TokenRules
    /// The clean-up that holds in this episode's mode.
    let policy: CleanUpPolicy
    let kernel: Kernel
    let fragBytes: Int
    let window: Int
    let ringRequest: RingSet.Request
    var bindings: [ShadowBinding] = []
    var openers: [ShadowOwner] = []
    var sockets: [EpisodeSocket] = []
    var ringSets: [EpisodeRingSet] = []
    var holds: [Hold] = []
    /// Returns that should have been refused.
    var refused: UInt64 = 0
    /// Calls and entries of which something was refused.
    var refusals: UInt64 = 0
    /// Tokens handed out.
    var tokens: UInt64 = 0
    /// What was done, when somebody wants to know.
    var log: [String]?
    /// Whether tokens go with their socket, where there are two modes.
    let isAutomatic: Bool
    private let seed: UInt64
    private let niovs: Int

    /// - Parameters:
    ///   - seed: decides sizes, mode and content.
    ///   - logs: whether the steps are written down.
    init(_ subject: Subject, seed: UInt64, logs: Bool = false) throws {
        self.subject = subject
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        var configuration = Kernel.Configuration()
        configuration.flows = 0
        niovs = Int.random(in: 4...Self.mostNiovs, using: &random)
        fragBytes = [1024, 2048, 4096, 4096].randomElement(using: &random) ?? 4096
        window = Int.random(in: 4...40, using: &random)
        configuration.fragBytes = fragBytes
        configuration.windowFrags = window
        configuration.seed = seed
        var request = RingSet.Request()
        request.deliveryEntries = subject.deliversByRing ? 1 << UInt32.random(in: 0...5, using: &random) : 0
        request.returnEntries = 1 << UInt32.random(in: 0...4, using: &random)
        request.startIndex = UInt32(0) &- UInt32.random(in: 0...20, using: &random)
        request.returning = subject.returning
        ringRequest = request
        let chooser = subject.modes?.chooser ?? .nobody
        isAutomatic = chooser != .nobody && Bool.random(using: &random)
        rules = isAutomatic ? TokenRules.automatic : subject.rules
        policy = isAutomatic ? .socketClose : subject.cleanUp
        kernel = Kernel(bare: subject.composition, configuration)
        log = logs ? [] : nil
        if chooser == .systemControl { _ = kernel.writeSystemControl(isAutomatic ? 1 : 0) }
        try bind()
        for _ in 0..<3 { openSocket() }
        guard subject.composition.hasRings else { return }
        if subject.sharesRingSet {
            try openRingSet(on: bindings[0], serving: sockets)
        } else {
            for socket in sockets.prefix(2) { try openRingSet(on: bindings[0], serving: [socket]) }
        }
    }

    /// Whether what nobody holds is refused on this path; otherwise it is the proposal's known defect, and left out.
    var refusesStrays: Bool { isAutomatic ? true : subject.stray == .refused }
    /// Whether owners count as users of a binding.
    var countsUsers: Bool { policy == .lastUser || policy == .ringClose }
    /// Whether an owner's tokens end with it.
    var endsWithOwner: Bool { policy == .socketClose || policy == .ringClose }

    // MARK: steps

    /// Does the steps, and closes everything.
    ///
    /// - Throws: `Mismatch`, with the number of the step in front.
    func run(_ operations: [RandomOperation]) throws {
        for (number, operation) in operations.enumerated() {
            do {
                try step(operation)
                try checkBooks()
                if number % 16 == 0 || log != nil { try checkHeld() }
            } catch {
                throw Mismatch(description: "operation \(number + 1) (\(operation.kind)): \(error)")
            }
        }
        try finish(unbindFirst: seed & 1 == 0)
    }

    func did(_ step: @autoclosure () -> String) { log?.append(step()) }

    func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        guard condition else { throw Mismatch(description: what()) }
    }

    private func step(_ operation: RandomOperation) throws {
        let first = Int(operation.first)
        let second = Int(operation.second)
        let third = Int(operation.third)
        switch operation.kind {
        case .arrive: try arrive(pick(openSockets, first), upTo: second % 17 + 1, third)
        case .receive: try receive(pick(openSockets, first), most: second % 20 + 1, messages: third % 24)
        case .takeFromRing: takeFromRing(pick(openRingSets, first), upTo: second % 32 + 1)
        case .giveBack: try giveBack(first, upTo: second % 12 + 1, third)
        case .giveBackBadly: try giveBackBadly(operation)
        case .flush: try flush(pick(openRingSets, first))
        case .kick: try kick(pick(openRingSets, first))
        case .bind: try bindOnceMore(isTaken: second % 4 == 0)
        case .unbind: try unbind(pick(bindings, first))
        case .openSocket: if openSockets.count < 6 { openSocket() }
        case .closeSocket: close(pick(openSockets, first))
        case .openRingSet: try openRingSet(first, second)
        case .closeRingSet: try close(pick(openRingSets, first))
        }
    }

    var openSockets: [EpisodeSocket] { sockets.filter(\.isOpen) }
    var openRingSets: [EpisodeRingSet] { ringSets.filter(\.isOpen) }

    /// One of them, or nil if there are none.
    func pick<Element>(_ elements: [Element], _ number: Int) -> Element? {
        elements.isEmpty ? nil : elements[number % elements.count]
    }

    // MARK: bindings

    @discardableResult
    private func bind() throws -> ShadowBinding {
        var request = BindRequest()
        request.queues = [bindings.count]
        request.dmabufBytes = niovs * Binding.pageBytes
        if subject.modes?.chooser == .bind { request.autorelease = isAutomatic ? 1 : 0 }
        let binding = ShadowBinding(try kernel.bind(request).get(), policy: policy, scope: rules.scope)
        did("bind: binding \(bindings.count), \(niovs) buffers")
        bindings.append(binding)
        let opener = ShadowOwner(rules, counts: false)
        _ = opener.admit(binding)
        openers.append(opener)
        return binding
    }

    /// Another binding, or one on a queue that may be taken.
    private func bindOnceMore(isTaken: Bool) throws {
        guard !isTaken else {
            var request = BindRequest()
            request.dmabufBytes = Binding.pageBytes
            if subject.modes?.chooser == .bind { request.autorelease = isAutomatic ? 1 : 0 }
            guard !bindings[0].isUnbound else { return }
            did("bind queue 0 again")
            guard case .failure(let refusal) = kernel.bind(request), refusal.errno == EEXIST else {
                throw Mismatch(description: "a queue was bound twice")
            }
            return
        }
        if bindings.count < 4 { try bind() }
    }

    private func unbind(_ binding: ShadowBinding?) throws {
        guard let binding else { return }
        // What is out at unbind is taken back under user space's feet (A14): returned before, so that it is not driven.
        if policy == .unbind { try giveBackEverything(of: binding) }
        did("unbind binding \(binding.binding.id)")
        kernel.unbind(binding.binding)
        binding.unbind()
        forgetTaken()
    }

    // MARK: sockets and ring sets

    private func openSocket() {
        let socket = kernel.open()
        if subject.modes?.chooser == .socket { _ = kernel.setAutorelease(isAutomatic ? 1 : 0, on: socket) }
        let content = StreamContent(seed: seed, flow: Int(socket.cookie))
        sockets.append(EpisodeSocket(socket, owner: ShadowOwner(rules, counts: countsUsers), content: content))
        did("open socket \(socket.cookie)")
    }

    private func close(_ socket: EpisodeSocket?) {
        guard let socket else { return }
        did("close socket \(socket.socket.cookie)")
        kernel.close(socket.socket)
        socket.isOpen = false
        detach(socket)
        for buffer in socket.queue { buffer.purge() }
        socket.queue = []
        socket.owner.close(takesBack: endsWithOwner)
        if endsWithOwner { holds.removeAll { $0.owner === socket.owner } }
        forgetTaken()
    }

    private func openRingSet(_ first: Int, _ second: Int) throws {
        guard subject.composition.hasRings, openRingSets.count < 4, let binding = pick(bindings, first) else { return }
        let free = openSockets.filter { $0.ringSet == nil }
        try openRingSet(on: binding, serving: Array(free.prefix(second % 3 + 1)))
    }

    private func openRingSet(on binding: ShadowBinding, serving: [EpisodeSocket]) throws {
        let owner = ShadowOwner(rules, counts: countsUsers)
        let isAlive = owner.admit(binding) == .admitted
        did("open a ring set on binding \(binding.binding.id), sockets \(serving.map(\.socket.cookie))")
        let made: RingSet
        do {
            made = try kernel.createRingSet(on: binding.binding, ringRequest, serving: serving.map(\.socket))
        } catch let refusal as BindRefusal {
            try require(!isAlive && refusal.errno == ENODEV, "a ring set was refused: \(refusal)")
            return
        }
        try require(isAlive, "a ring set joined a dying binding")
        let ringSet = EpisodeRingSet(
            try UserRings(made), owner: owner, binding: binding, capacity: Int(ringRequest.deliveryEntries))
        ringSets.append(ringSet)
        for socket in serving where !socket.owner.holdsTokens {
            if countsUsers { _ = binding.join() }
            ringSet.sockets.append(socket)
            socket.ringSet = ringSet
            _ = ringSet.deliver(socket)
        }
        try lookAtEntries(of: ringSet)
    }

    private func detach(_ socket: EpisodeSocket) {
        guard let ringSet = socket.ringSet else { return }
        ringSet.detach(socket)
        if countsUsers { ringSet.binding.leave() }
    }

    private func close(_ ringSet: EpisodeRingSet?) throws {
        guard let ringSet else { return }
        did("close the ring set on binding \(ringSet.binding.binding.id)")
        kernel.close(ringSet.user.ringSet)
        _ = try applyConsumed(ringSet, inSoftirq: false)
        ringSet.isOpen = false
        for socket in ringSet.sockets { detach(socket) }
        ringSet.owner.close(takesBack: endsWithOwner)
        if endsWithOwner { holds.removeAll { $0.owner === ringSet.owner } }
        forgetTaken()
    }

    /// Tokens that the kernel took back with the last user are not user space's any more.
    private func forgetTaken() {
        guard policy == .lastUser || policy == .unbind else { return }
        holds.removeAll { policy == .lastUser ? $0.binding.users == 0 : $0.binding.isUnbound }
    }

    // MARK: the end

    private func finish(unbindFirst: Bool) throws {
        if unbindFirst { for binding in bindings { try unbind(binding) } }
        for ringSet in openRingSets { try close(ringSet) }
        for socket in openSockets { close(socket) }
        for binding in bindings { try unbind(binding) }
        try checkBooks()
        try checkHeld()
        for binding in bindings {
            let audit = binding.binding.pool.audit
            try require(
                policy == .never || (binding.buffersOut == 0 && audit.isWhole),
                "all is closed and binding \(binding.binding.id) has \(audit.freeBuffers) of \(audit.buffers) buffers")
        }
    }
}
