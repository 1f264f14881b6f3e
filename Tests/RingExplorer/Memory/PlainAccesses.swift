/// Who accessed a piece of memory plainly, and when by its own clock: what a data race is decided by.
struct PlainAccesses {
    private(set) var writer = -1
    private(set) var written: UInt16 = 0
    private(set) var reads = SIMD4<UInt16>()
    /// Atomic stores to the same memory, which only plain accesses may not meet.
    private(set) var stores = SIMD4<UInt16>()

    /// - Returns: a thread whose write or atomic store is not ordered before this read.
    mutating func read(by thread: Int, _ view: View) -> Int? {
        defer { reads[thread] = view.clock[thread] }
        return unorderedWriter(view) ?? first(in: stores, after: view)
    }

    /// - Returns: a thread whose access is not ordered before this write.
    mutating func write(by thread: Int, _ view: View) -> Int? {
        defer {
            writer = thread
            written = view.clock[thread]
        }
        return unorderedWriter(view) ?? first(in: reads, after: view)
    }

    /// - Returns: a thread whose plain access is not ordered before this atomic store.
    mutating func store(by thread: Int, _ view: View) -> Int? {
        defer { stores[thread] = view.clock[thread] }
        return unorderedWriter(view) ?? first(in: reads, after: view)
    }

    private func unorderedWriter(_ view: View) -> Int? {
        writer >= 0 && written > view.clock[writer] ? writer : nil
    }

    private func first(in accesses: SIMD4<UInt16>, after view: View) -> Int? {
        (0..<View.mostThreads).first { accesses[$0] > view.clock[$0] }
    }
}
