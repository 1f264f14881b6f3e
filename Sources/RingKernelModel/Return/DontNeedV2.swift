import Glibc
import TokenRing

/// `struct dmabuf_token_v2` as the thread sketched it (sources.md A17): a range of tokens and the binding that they are of.
@frozen
public struct BindingTokenRange: BitwiseCopyable, Sendable {
    /// The first token.
    public var start: UInt32
    /// How many.
    public var count: UInt32
    /// `dmabuf_id` of the control message.
    public var binding: UInt32
    /// 0; anything else is -EINVAL, so that it can mean something later.
    public var reserved: UInt32 = 0

    /// A range.
    public init(start: UInt32, count: UInt32, binding: UInt32) {
        self.start = start
        self.count = count
        self.binding = binding
    }
}

/// `SO_DEVMEM_DONTNEED_V2`: the limits and the order of checks of `DontNeed`, with entries of 16 bytes.
enum DontNeedV2 {
    /// - Returns: fragments taken back, or -errno.
    static func run(
        _ argument: UnsafeRawBufferPointer, from owner: TokenOwner, bookkeeping: BindingNamedURef, faults: FaultPlan
    ) -> Int {
        let size = MemoryLayout<BindingTokenRange>.stride
        guard argument.count >= size, argument.count % size == 0, argument.count <= DontNeed.mostTokens * size else {
            return -Int(EINVAL)
        }
        if faults.take(.tokenArray) { return -Int(ENOMEM) }
        if faults.take(.copyFromUser) { return -Int(EFAULT) }
        guard owner.binding != nil else { return -Int(EINVAL) }
        return withUnsafeTemporaryAllocation(of: BindingTokenRange.self, capacity: DontNeed.mostTokens) { copy in
            UnsafeMutableRawBufferPointer(copy).copyMemory(from: argument)
            let ranges = copy[..<(argument.count / size)]
            // All are checked before any is taken: an error means that nothing happened.
            guard ranges.allSatisfy({ $0.reserved == 0 }) else { return -Int(EINVAL) }
            var attempts = DontNeed.mostFrags
            var released = 0
            for range in ranges where attempts > 0 {
                released += bookkeeping.release(
                    start: range.start, count: range.count, binding: range.binding, from: owner, attempts: &attempts)
            }
            return released
        }
    }
}

extension Kernel {
    /// `setsockopt(SO_DEVMEM_DONTNEED_V2)` with an array of `BindingTokenRange`. Any thread.
    ///
    /// - Returns: fragments taken back; -ENOPROTOOPT where tokens are not named by their binding, -EINVAL for a length that is
    ///   no array of 1 to 128 entries, for a reserved field that is not 0, and before any receive.
    public func dontNeedV2(on socket: Socket, _ argument: UnsafeRawBufferPointer) -> Int {
        guard let named = manual as? BindingNamedURef else { return -Int(ENOPROTOOPT) }
        let start = CostMeter.start()
        let result = DontNeedV2.run(argument, from: socket.owner, bookkeeping: named, faults: faults)
        if result > 0 { socket.releaseCost.pointee.add(since: start, tokens: result) }
        return result
    }
}
