/// An abstract machine for C11 atomics: release, acquire, relaxed and sequentially consistent fences, as in RC11 (Lahav et al.,
/// PLDI 2017) without load buffering. Every execution that the machine can make is one that the standard allows.
///
/// Each location keeps all its stores in modification order. A load may return any store that is not older than what its
/// thread knows of the location: stale reads, and so store buffering, need nothing else. A release store hands on what its
/// thread knows, an acquire load takes it over. A fence exchanges what is known of locations with all fences before it.
///
/// Plain accesses are checked for data races by vector clocks: unordered and conflicting is an error, whatever was read.
public final class Machine {
    struct Store {
        let value: UInt32
        var view: View
    }

    struct AtomicLocation {
        let name: String
        /// In modification order.
        var stores: [Store]
        /// Whether only one thread stores to it at a time: another only when that one is over.
        let hasOneWriter: Bool
        var lastWriter: Int?
        var plain = PlainAccesses()
    }

    struct PlainCell {
        let name: String
        var plain = PlainAccesses()
    }

    struct BellState {
        let name: String
        /// What those knew who rang it, handed on by the kernel's lock.
        var view = View()
        let isFutex: Bool
        /// Somebody sleeps or would sleep: a futex has a waiter, an eventfd's count is 0.
        var isAwaited: Bool
    }

    struct ThreadState {
        var current = View()
        /// What an acquire fence would make known.
        var acquirable = View()
        /// What the last release fence made known.
        var released = View()
        var history = Fingerprint()
        var isOver = false
        /// Its operations have no effect any more: it is dead, or the execution is over and its body only has to end.
        var isDraining = false
    }

    var locations: [AtomicLocation] = []
    var cells: [PlainCell] = []
    var bells: [BellState] = []
    var threads: [ThreadState] = []
    private(set) var threadNames: [String] = []
    /// What is known of locations by the fences so far.
    private(set) var fenced = View()
    /// What was found wrong.
    private(set) var failure: String?
    /// Lines of a trace, when one is wanted.
    var trace: Trace?
    /// Whose body runs. `nil` while a program is set up.
    var running: Int?
    /// Hands over to the scheduler with the operation that the running thread wants to do, and returns its result.
    var handOver: ((Operation) -> UInt32)?

    init() {}

    func reset(threads names: [String]) {
        threadNames = names
        locations.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
        bells.removeAll(keepingCapacity: true)
        threads.removeAll(keepingCapacity: true)
        for number in names.indices {
            var thread = ThreadState()
            // A thread's own accesses are always ordered; its epoch 0 belongs to the set-up.
            thread.current.clock[number] = 1
            threads.append(thread)
        }
        fenced = View()
        failure = nil
    }

    // MARK: set-up

    /// A word with an initial value that all threads know.
    ///
    /// - Parameter hasOneWriter: only one thread stores to it, or another when that one is over.
    public func location(_ name: String, initially value: UInt32 = 0, hasOneWriter: Bool = false) -> Location {
        precondition(locations.count < View.mostLocations)
        locations.append(
            AtomicLocation(
                name: name, stores: [Store(value: value, view: View())], hasOneWriter: hasOneWriter))
        return Location(number: locations.count - 1)
    }

    /// Plain memory.
    public func cell(_ name: String) -> Cell {
        cells.append(PlainCell(name: name))
        return Cell(number: cells.count - 1)
    }

    /// A futex's queue, or an eventfd.
    public func bell(_ name: String, isFutex: Bool) -> Bell {
        bells.append(BellState(name: name, isFutex: isFutex, isAwaited: !isFutex))
        return Bell(number: bells.count - 1)
    }

    // MARK: what a thread's body calls

    /// An atomic load.
    public func load(_ location: Location, _ order: MemoryOrder) -> UInt32 {
        guard let thread = active else { return finalValue(location) }
        // The only writer reads what it wrote, and nobody notices.
        if locations[location.number].hasOneWriter, locations[location.number].lastWriter == thread {
            return note(finalValue(location), thread)
        }
        return note(handOver?(.load(location, order)) ?? 0, thread)
    }

    /// An atomic store. Before the threads start it replaces the initial value.
    public func store(_ value: UInt32, to location: Location, _ order: MemoryOrder) {
        guard active != nil else {
            if running == nil { locations[location.number].stores = [Store(value: value, view: View())] }
            return
        }
        _ = handOver?(.store(location, value, order))
    }

    /// A sequentially consistent fence.
    public func fence() { if active != nil { _ = handOver?(.fence) } }

    /// An acquire fence: what relaxed loads have read is now known. No other thread notices.
    public func acquireFence() {
        guard let thread = active else { return }
        threads[thread].current.join(threads[thread].acquirable)
    }

    /// A release fence: relaxed stores hand on what is known now. No other thread notices.
    public func releaseFence() {
        guard let thread = active else { return }
        threads[thread].released = threads[thread].current
        threads[thread].current.clock[thread] += 1
    }

    /// A plain read; the value is the caller's own business.
    public func read(_ cell: Cell) {
        guard let thread = active else { return }
        if let other = cells[cell.number].plain.read(by: thread, threads[thread].current) {
            race("read", cells[cell.number].name, thread, other)
        }
        trace?.add(thread, "plain read", cells[cell.number].name)
    }

    /// A plain write; false if it must have no effect because the thread is draining.
    public func write(_ cell: Cell) -> Bool {
        guard let thread = active else { return running == nil }
        if let other = cells[cell.number].plain.write(by: thread, threads[thread].current) {
            race("write", cells[cell.number].name, thread, other)
        }
        trace?.add(thread, "plain write", cells[cell.number].name)
        return true
    }

    /// A plain read of a word that is atomic otherwise.
    public func readPlainly(_ location: Location) -> UInt32 {
        let newest = locations[location.number].stores.count - 1
        guard let thread = active else { return locations[location.number].stores[newest].value }
        let name = locations[location.number].name
        if let other = locations[location.number].plain.read(by: thread, threads[thread].current) {
            race("plain read", name, thread, other)
        }
        trace?.add(thread, "plain read", name)
        return note(locations[location.number].stores[newest].value, thread)
    }

    /// Rings a bell.
    public func ring(_ bell: Bell) { if active != nil { _ = handOver?(.ring(bell)) } }

    /// Goes to sleep as a futex does, if the word holds that value.
    ///
    /// - Returns: whether it slept and was woken; nil when the thread must come to its end.
    public func sleep(_ bell: Bell, on location: Location, expected: UInt32) -> Bool? {
        guard active != nil else { return nil }
        let sleeps = handOver?(.fallAsleep(bell, on: location, expected: expected)) == 1
        guard sleeps else { return active.map { _ in false } }
        return sleep(bell)
    }

    /// Sleeps until the bell rings.
    ///
    /// - Returns: nil when the thread must come to its end.
    public func sleep(_ bell: Bell) -> Bool? {
        guard active != nil else { return nil }
        _ = handOver?(.sleep(bell))
        return active.map { _ in true }
    }

    /// Waits for the end or death of a thread, which the kernel tells.
    ///
    /// - Returns: nil when this thread must come to its own end.
    public func join(_ thread: Int) -> Bool? {
        guard active != nil else { return nil }
        _ = handOver?(.join(thread))
        return active.map { _ in true }
    }

    /// What the program holds to be true.
    public func require(_ condition: Bool, _ message: @autoclosure () -> String) {
        guard !condition, active != nil || running == nil else { return }
        fail(message())
    }

    /// Whether the running thread is dead or the execution is over: a loop must end.
    public var isDraining: Bool { active == nil }

    /// Says that a value which the body got from elsewhere belongs to its history.
    public func note(_ value: UInt32) { if let thread = active { _ = note(value, thread) } }

    /// Says that the running thread's body is in a state that these values tell wholly: how it came there no longer matters.
    public func checkpoint(_ state: [UInt64]) {
        guard let thread = active else { return }
        var history = Fingerprint()
        for value in state { history.mix(value) }
        threads[thread].history = history
    }

    /// The newest value, in modification order.
    public func finalValue(_ location: Location) -> UInt32 { locations[location.number].stores.last?.value ?? 0 }

    private var active: Int? {
        guard let running, !threads[running].isDraining else { return nil }
        return running
    }

    private func note(_ value: UInt32, _ thread: Int) -> UInt32 {
        threads[thread].history.mix(UInt64(value))
        return value
    }

    // MARK: what the scheduler calls

    /// Where a body stands is part of its history, also behind an operation that returns nothing.
    func countOperation(of thread: Int) { threads[thread].history.mix(1) }

    func fail(_ message: String) { if failure == nil { failure = message } }

    /// In how many ways the operation can be done now; 0 if its thread must wait.
    func alternatives(_ operation: Operation, of thread: Int) -> Int {
        switch operation {
        case .load(let location, _), .fallAsleep(_, let location, _):
            return locations[location.number].stores.count - oldest(location, thread, operation)
        case .store(let location, _, _):
            return locations[location.number].stores.count - Int(threads[thread].current.seen[location.number])
        case .fence, .ring: return 1
        case .sleep(let bell): return bells[bell.number].isAwaited ? 0 : 1
        case .join(let other): return threads[other].isOver ? 1 : 0
        }
    }

    /// The first store that may be read. A thread that falls asleep has the futex's lock, and so what ringers knew.
    private func oldest(_ location: Location, _ thread: Int, _ operation: Operation) -> Int {
        var seen = threads[thread].current.seen[location.number]
        if case .fallAsleep(let bell, _, _) = operation {
            seen = max(seen, bells[bell.number].view.seen[location.number])
        }
        return Int(seen)
    }

    /// Does the operation in one of its ways: 0 is the newest store to read, or the end of the modification order to write to.
    func perform(_ operation: Operation, of thread: Int, alternative: Int) -> UInt32 {
        switch operation {
        case .load(let location, let order):
            return load(location, order, thread, alternative)
        case .store(let location, let value, let order):
            store(location, value, order, thread, alternative)
            return 0
        case .fence:
            threads[thread].current.join(threads[thread].acquirable)
            fenced.seen = pointwiseMax(fenced.seen, threads[thread].current.seen)
            threads[thread].current.seen = fenced.seen
            threads[thread].acquirable.join(threads[thread].current)
            threads[thread].released = threads[thread].current
            threads[thread].current.clock[thread] += 1
            trace?.add(thread, "fence", "")
            return 0
        case .ring(let bell):
            bells[bell.number].view.join(threads[thread].current)
            let woke = bells[bell.number].isAwaited
            bells[bell.number].isAwaited = false
            trace?.add(thread, "ring", bells[bell.number].name + (woke ? "" : ": nobody sleeps"))
            return 0
        case .fallAsleep(let bell, let location, let expected):
            threads[thread].current.seen = pointwiseMax(threads[thread].current.seen, bells[bell.number].view.seen)
            let held = load(location, .relaxed, thread, alternative)
            if held == expected { bells[bell.number].isAwaited = true }
            return note(held == expected ? 1 : 0, thread)
        case .sleep(let bell):
            // A woken thread is not taken to know more for it. An eventfd is read empty.
            if !bells[bell.number].isFutex { bells[bell.number].isAwaited = true }
            trace?.add(thread, "woken", bells[bell.number].name)
            return 0
        case .join(let other):
            threads[thread].current.join(threads[other].current)
            trace?.add(thread, "told", "that \(threadNames[other]) is over")
            return 0
        }
    }

    private func load(_ location: Location, _ order: MemoryOrder, _ thread: Int, _ alternative: Int) -> UInt32 {
        let newest = locations[location.number].stores.count - 1
        let position = newest - alternative
        let store = locations[location.number].stores[position]
        threads[thread].current.seen[location.number] = max(
            threads[thread].current.seen[location.number], UInt8(position))
        threads[thread].acquirable.join(threads[thread].current)
        threads[thread].acquirable.join(store.view)
        if order == .acquire { threads[thread].current.join(store.view) }
        trace?.add(
            thread, "load",
            "\(locations[location.number].name) is \(Trace.number(store.value)) (\(order))"
                + (alternative == 0 ? "" : ", stale: \(Trace.number(locations[location.number].stores[newest].value))"))
        return store.value
    }

    private func store(
        _ location: Location, _ value: UInt32, _ order: MemoryOrder, _ thread: Int, _ alternative: Int
    ) {
        let number = location.number
        let position = locations[number].stores.count - alternative
        if alternative > 0 { makeRoom(at: UInt8(position), in: number) }
        if let other = locations[number].plain.store(by: thread, threads[thread].current) {
            race("atomic store", locations[number].name, thread, other)
        }
        threads[thread].current.seen[number] = UInt8(position)
        threads[thread].acquirable.join(threads[thread].current)
        var view = order == .release ? threads[thread].current : threads[thread].released
        view.seen[number] = UInt8(position)
        locations[number].stores.insert(Store(value: value, view: view), at: position)
        locations[number].lastWriter = thread
        if order == .release { threads[thread].current.clock[thread] += 1 }
        trace?.add(
            thread, "store",
            "\(locations[number].name) = \(Trace.number(value)) (\(order))"
                + (alternative == 0 ? "" : ", before \(Trace.number(locations[number].stores[position + 1].value))"))
    }

    private func makeRoom(at position: UInt8, in number: Int) {
        fenced.makeRoom(at: position, in: number)
        for thread in threads.indices {
            threads[thread].current.makeRoom(at: position, in: number)
            threads[thread].acquirable.makeRoom(at: position, in: number)
            threads[thread].released.makeRoom(at: position, in: number)
        }
        for bell in bells.indices { bells[bell].view.makeRoom(at: position, in: number) }
        for location in locations.indices {
            for store in locations[location].stores.indices {
                locations[location].stores[store].view.makeRoom(at: position, in: number)
            }
        }
    }

    private func race(_ what: String, _ name: String, _ thread: Int, _ other: Int) {
        let (this, that) = (threadNames[thread], threadNames[other])
        fail("data race: the \(what) of \(name) by \(this) is not ordered behind \(that)'s access")
    }
}
