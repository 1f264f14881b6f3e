import Glibc
import Synchronization
import TokenRing

/// A thread that changes a ring's entries until it is stopped: what a kernel reads twice is not twice the same.
final class Flipper: @unchecked Sendable {
    private let region: RingRegion
    private let layout: RingLayout
    private let seed: UInt32
    private let isOver = Atomic(false)
    private var thread = pthread_t()

    init(_ region: RingRegion, entries layout: RingLayout, seed: UInt32) {
        (self.region, self.layout, self.seed) = (region, layout, seed)
        let context = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Flipper>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context)
        precondition(result == 0, "pthread_create: errno \(result)")
    }

    func stop() {
        isOver.store(true, ordering: .relaxed)
        pthread_join(thread, nil)
    }

    private func run() {
        var state = seed | 1
        while !isOver.load(ordering: .relaxed) {
            state = state &* 1_664_525 &+ 1_013_904_223
            let word = Int(state >> 8) % Int(layout.capacity * layout.entryStride / 4)
            SharedWord(at: region.mapping.base + Int(layout.entries) + word * 4).storeRelease(state >> 16 & 31)
        }
    }
}
