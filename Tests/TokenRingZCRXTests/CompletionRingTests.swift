import CTokenRing
import Testing
import TokenRing
import TokenRingZCRX

/// Against this kernel's io_uring: its completion queue is one more ring that TokenRing's consumer takes from.
@Suite("Completion ring")
struct CompletionRingTests {
    @Test("completions come once, in order and around the end of the queue, and the kernel gets their slots back")
    func order() throws {
        var ring = try CompletionRing(entries: 16)
        var next: UInt64 = 0
        for round in 0..<40 {
            let count = UInt64(1 + round % 8)
            for offset in 0..<count { ring.queueNothing(userData: next + offset) }
            try #require(try ring.submit(awaiting: UInt32(count)) == true)
            let batch = ring.completions.peek(upTo: 16)
            try #require(UInt64(batch.count) == count)
            for offset in 0..<batch.count {
                let completion = ring.completions.read(at: batch[offset])
                #expect(completion.userData == next + UInt64(offset))
                #expect(completion.result == 0)
                #expect(completion.hasMore == false)
            }
            ring.completions.release(batch.count)
            next += count
        }
        #expect(ring.completions.statistics.indexViolations == 0)
    }

    @Test("a wait for what does not come ends")
    func patience() throws {
        var ring = try CompletionRing(entries: 16)
        #expect(try ring.submit(awaiting: 1, timeoutNanoseconds: 1_000_000) == false)
        #expect(ring.completions.peek(upTo: 1).isEmpty == true)
    }

    @Test("an entry is 32 bytes, its fields where struct io_uring_cqe and io_uring_zcrx_cqe have them")
    func entryLayout() {
        #expect(MemoryLayout<CompletionEntry>.stride == 32)
        #expect(MemoryLayout<CompletionEntry>.offset(of: \.userData) == 0)
        #expect(MemoryLayout<CompletionEntry>.offset(of: \.result) == 8)
        #expect(MemoryLayout<CompletionEntry>.offset(of: \.flags) == 12)
        #expect(MemoryLayout<CompletionEntry>.offset(of: \.offset) == 16)
    }

    @Test("registration's fields are where the kernel's structures have them")
    func registrationLayout() {
        #expect(MemoryLayout<ctr_zcrx_registration>.offset(of: \.entries) == 8)
        #expect(MemoryLayout<ctr_zcrx_registration>.offset(of: \.flags) == 12)
        #expect(MemoryLayout<ctr_zcrx_registration>.offset(of: \.area) == 16)
        #expect(MemoryLayout<ctr_zcrx_registration>.offset(of: \.region) == 24)
        #expect(MemoryLayout<ctr_zcrx_registration>.offset(of: \.offsets) == 32)
        #expect(MemoryLayout<ctr_zcrx_registration>.offset(of: \.id) == 64)
        #expect(MemoryLayout<ctr_zcrx_registration>.offset(of: \.buffer_length) == 68)
        #expect(MemoryLayout<ctr_zcrx_area>.offset(of: \.token) == 16)
        #expect(MemoryLayout<ctr_zcrx_control>.offset(of: \.descriptor) == 24)
    }
}
