import TokenRing

/// What one side of an explored ring sleeps on: a futex on the peer's index word, or an eventfd.
struct ExploredDoorbell: SleepingPlace {
    let machine: Machine
    let bell: Bell
    /// The word of a futex.
    let word: Location?

    var isPolled: Bool { false }

    func ring(_: SharedWord?) { machine.ring(bell) }

    func sleep(
        on _: SharedWord?, expected: UInt32, watching _: PeerLife?, nanoseconds _: Int64
    ) -> WaitOutcome {
        let slept = word.map { machine.sleep(bell, on: $0, expected: expected) } ?? machine.sleep(bell)
        return slept == nil ? .interrupted : .ready
    }
}
