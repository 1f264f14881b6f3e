/// What of the machine decides what can happen from here on, and nothing else: states that differ only in their past have the
/// same fingerprint.
///
/// Stores that no thread can read any more are left out, and positions are counted from the oldest that one can. Of the clocks
/// only their order matters, so each is replaced by its rank among those that are left.
extension Machine {
    func fingerprint() -> Fingerprint {
        var canonical = Canonical(self)
        return canonical.fingerprint()
    }
}

private struct Canonical {
    private let machine: Machine
    /// Per location the position of the oldest store that a live thread may read.
    private var oldest = SIMD16<UInt8>(repeating: .max)
    /// Per thread the clocks that occur: 256 bits each.
    private var clocks = SIMD16<UInt64>()
    private var print = Fingerprint()

    init(_ machine: Machine) {
        self.machine = machine
        for thread in machine.threads where !thread.isOver { oldest = pointwiseMin(oldest, thread.current.seen) }
    }

    mutating func fingerprint() -> Fingerprint {
        forEachView { canonical, view in canonical.collect(view.clock) }
        forEachAccess { canonical, accesses in
            if accesses.writer >= 0 { canonical.collect(accesses.written, of: accesses.writer) }
            canonical.collect(accesses.reads)
            canonical.collect(accesses.stores)
        }
        for thread in machine.threads {
            print.mix(thread.history)
            print.mix(thread.isOver ? 1 : 0)
        }
        for number in machine.locations.indices {
            for store in machine.locations[number].stores[first(number)...] { print.mix(UInt64(store.value)) }
            print.mix(machine.locations[number].lastWriter ?? -1)
        }
        for bell in machine.bells { print.mix(bell.isAwaited ? 1 : 0) }
        forEachView { canonical, view in
            let seen = unsafeBitCast(
                pointwiseMax(view.seen, canonical.oldest) &- canonical.oldest, to: SIMD2<UInt64>.self)
            canonical.print.mix(seen.x)
            canonical.print.mix(seen.y)
            canonical.print.mix(canonical.ranks(view.clock))
        }
        forEachAccess { canonical, accesses in
            let written = accesses.writer < 0 ? 0 : canonical.rank(accesses.written, of: accesses.writer)
            canonical.print.mix(UInt64(accesses.writer + 1) << 32 | written)
            canonical.print.mix(canonical.ranks(accesses.reads))
            canonical.print.mix(canonical.ranks(accesses.stores))
        }
        return print
    }

    private func first(_ location: Int) -> Int {
        min(Int(oldest[location]), machine.locations[location].stores.count - 1)
    }

    private mutating func forEachView(_ body: (inout Self, View) -> Void) {
        for thread in machine.threads {
            body(&self, thread.current)
            if thread.isOver { continue }
            body(&self, thread.acquirable)
            body(&self, thread.released)
        }
        body(&self, machine.fenced)
        for number in machine.locations.indices {
            for store in machine.locations[number].stores[first(number)...] { body(&self, store.view) }
        }
        for bell in machine.bells { body(&self, bell.view) }
    }

    private mutating func forEachAccess(_ body: (inout Self, PlainAccesses) -> Void) {
        for location in machine.locations { body(&self, location.plain) }
        for cell in machine.cells { body(&self, cell.plain) }
    }

    private mutating func collect(_ clock: SIMD4<UInt16>) {
        for thread in 0..<View.mostThreads { collect(clock[thread], of: thread) }
    }

    private mutating func collect(_ clock: UInt16, of thread: Int) {
        clocks[thread * 4 + Int(clock >> 6)] |= 1 << UInt64(clock & 63)
    }

    private func ranks(_ clock: SIMD4<UInt16>) -> UInt64 {
        (0..<View.mostThreads).reduce(0) { $0 << 16 | rank(clock[$1], of: $1) }
    }

    /// How many smaller clocks of that thread occur.
    private func rank(_ clock: UInt16, of thread: Int) -> UInt64 {
        var count = 0
        for word in 0..<Int(clock >> 6) { count += clocks[thread * 4 + word].nonzeroBitCount }
        let below = (UInt64(1) << UInt64(clock & 63)) - 1
        return UInt64(count + (clocks[thread * 4 + Int(clock >> 6)] & below).nonzeroBitCount)
    }
}
