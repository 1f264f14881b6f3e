import Glibc
import Testing
import TokenRingXDP

@testable import RingBenchKit

/// What the kernel counts for a thread, by perf_event_open(2).
@Suite("Thread cost")
struct ThreadCostTests {
    /// Touches so many pages for the first time.
    private func touch(pages: Int) throws {
        let bytes = pages * 4096
        let memory = try #require(mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        madvise(memory, bytes, MADV_NOHUGEPAGE)
        memset(memory, 1, bytes)
        munmap(memory, bytes)
    }

    @Test("what a thread does between start and end is counted, and nothing before or after")
    func counts() throws {
        var meter = ThreadMeter(counting: .pageFaults)
        try touch(pages: 4096)
        meter.start()
        try touch(pages: 256)
        let cost = meter.end()
        try touch(pages: 4096)
        #expect((256..<4096).contains(try #require(cost.instructions)))
        #expect(cost.cpuNanoseconds > 0)
    }

    @Test("another thread's work is not counted")
    func ownThread() throws {
        var meter = ThreadMeter(counting: .pageFaults)
        meter.start()
        let other = try PinnedThread { Result { try touch(pages: 4096) } }
        try other.join().get()
        #expect(try #require(meter.end().instructions) < 4096)
    }

    @Test("a counter is closed when nobody has it any more")
    func closes() throws {
        func open() -> Int {
            HostFile.names(in: "/proc/self/fd").count { number in
                HostFile.destination(ofLink: "/proc/self/fd/\(number)")?.contains("perf_event") == true
            }
        }
        let before = open()
        do {
            let counter = try EventCounter(.pageFaults)
            #expect(open() == before + 1 && counter.count != nil)
        }
        #expect(open() == before)
    }

    @Test("where nothing counts instructions there are none, and the environment says why")
    func instructions() throws {
        var meter = ThreadMeter()
        meter.start()
        try touch(pages: 1)
        let instructions = meter.end().instructions
        switch EventCounter.instructionsFinding {
        case .known(let whose): #expect(["user", "user and kernel"].contains(whose) && instructions ?? 0 > 0)
        case .unknown(let reason): #expect(reason.hasPrefix("perf_event_open: ") && instructions == nil)
        }
    }

    @Test("of threads together instructions are known if each one's are")
    func sum() {
        var sum = ThreadCost()
        sum += ThreadCost(cpuNanoseconds: 3, instructions: 5)
        sum += ThreadCost(cpuNanoseconds: 4, instructions: 6)
        #expect(sum.cpuNanoseconds == 7 && sum.instructions == 11)
        sum += ThreadCost(cpuNanoseconds: 1, instructions: nil)
        #expect(sum.cpuNanoseconds == 8 && sum.instructions == nil)
        let known = ThreadFigures([ThreadCost(cpuNanoseconds: 30, instructions: 50)], per: 10)
        #expect(known.cpuNanoseconds == 3 && known.instructions == 5)
        #expect(ThreadFigures([sum], per: 8).instructions == nil)
    }
}
