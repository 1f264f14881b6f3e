import RingKernelModel
import TokenRing

/// One call into the kernel that takes an array of `struct dmabuf_token`. One implementation a file.
protocol ReturnCall: ~Copyable {
    /// Returns up to 128 ranges of `lane`.
    ///
    /// - Returns: fragments that the kernel took back, or -errno; and the bytes that were copied to it.
    mutating func release(_ ranges: UnsafeRawBufferPointer, lane: Int) -> (released: Int, copiedBytes: Int)
}

/// Returns by calls. One range a token, as kperf does: token_count is always 1.
struct CallReturner<Call: ReturnCall & ~Copyable>: TokenReturner, ~Copyable {
    /// `MAX_DONTNEED_TOKENS`: a larger batch is several calls.
    static var mostTokens: Int { 128 }

    private var call: Call

    init(_ call: consuming Call) { self.call = call }

    @inline(__always)
    static func entry(returning frag: ReceivedFrag) -> TokenRange {
        TokenRange(token_start: frag.token, token_count: 1)
    }

    @inline(__always)
    mutating func giveBack(
        _ entries: UnsafeBufferPointer<TokenRange>, lane: Int, _ meter: inout CostMeter,
        _ costs: inout ConsumerCosts, _ watch: inout Watchdog
    ) -> Int {
        var returned = 0
        var done = 0
        while done < entries.count {
            let count = min(Self.mostTokens, entries.count &- done)
            let ranges = UnsafeRawBufferPointer(
                start: entries.baseAddress.unsafelyUnwrapped + done, count: count &* MemoryLayout<TokenRange>.stride)
            let (released, copied) = call.release(ranges, lane: lane)
            costs.returnCalls &+= 1
            costs.copiedBytes &+= copied
            returned &+= max(0, released)
            if released != count { costs.refusedReturns &+= count &- max(0, released) }
            done &+= count
        }
        return returned
    }
}
