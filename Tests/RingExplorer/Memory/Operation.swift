/// Memory order of an atomic access. The ring uses no sequentially consistent access, only fences.
public enum MemoryOrder: String, Sendable {
    case relaxed, acquire, release
}

/// A word that threads share.
public struct Location: Hashable, Sendable {
    let number: Int
}

/// Memory that is accessed plainly: two accesses, one of them a write, must be ordered by happens-before.
public struct Cell: Hashable, Sendable {
    let number: Int
}

/// Something to sleep on, in the kernel.
public struct Bell: Hashable, Sendable {
    let number: Int
}

/// What a thread does next and other threads can notice. Threads hand over at each.
enum Operation {
    case load(Location, MemoryOrder)
    case store(Location, UInt32, MemoryOrder)
    /// Sequentially consistent.
    case fence
    /// Rings a bell: futex(FUTEX_WAKE), or a write to an eventfd.
    case ring(Bell)
    /// futex(FUTEX_WAIT): goes to sleep if the word holds that value; 1 if so.
    case fallAsleep(Bell, on: Location, expected: UInt32)
    /// Sleeps until somebody rings.
    case sleep(Bell)
    /// Waits until a thread is over, or dead.
    case join(Int)
}
