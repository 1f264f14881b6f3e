import Glibc

/// User space's ends of the rings of a run, of one kind, with a lock around each where threads share them.
///
/// Owns what `RingEnd` points at.
final class RingEnds<Ring: ~Copyable>: @unchecked Sendable {
    private let rings: UnsafeMutablePointer<Ring>
    private let locks: UnsafeMutablePointer<pthread_mutex_t>?
    private var taken = 0
    /// Rings.
    let count: Int

    /// Takes `count` ends; `take` is called once for each. They are locked if `areShared`.
    init(_ count: Int, areShared: Bool, take: (Int) throws -> Ring) throws {
        self.count = count
        rings = .allocate(capacity: max(1, count))
        if areShared {
            let locks = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: max(1, count))
            for index in 0..<count { pthread_mutex_init(locks + index, nil) }
            self.locks = locks
        } else {
            locks = nil
        }
        while taken < count {
            (rings + taken).initialize(to: try take(taken))
            taken += 1
        }
    }

    deinit {
        rings.deinitialize(count: taken)
        rings.deallocate()
        if let locks {
            for index in 0..<count { pthread_mutex_destroy(locks + index) }
            locks.deallocate()
        }
    }

    subscript(_ index: Int) -> RingEnd<Ring> { RingEnd(ring: rings + index, lock: locks.map { $0 + index }) }
}

/// One end of a ring, borrowed from its `RingEnds`.
struct RingEnd<Ring: ~Copyable>: BitwiseCopyable {
    private let ring: UnsafeMutablePointer<Ring>
    private let lock: UnsafeMutablePointer<pthread_mutex_t>?

    fileprivate init(ring: UnsafeMutablePointer<Ring>, lock: UnsafeMutablePointer<pthread_mutex_t>?) {
        self.ring = ring
        self.lock = lock
    }

    /// Runs `body` with the ring, under the lock if there is one: the application's own, a pthread mutex.
    @inline(__always)
    func withRing<Result>(_ body: (inout Ring) -> Result) -> Result {
        if let lock { pthread_mutex_lock(lock) }
        defer { if let lock { pthread_mutex_unlock(lock) } }
        return body(&ring.pointee)
    }
}
