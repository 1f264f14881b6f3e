import CTokenRing
import TokenRing
import TokenRingXDP

/// The UMEM as the loops read it: plain values, nothing to retain.
protocol ReceivedFrames {
    init(of receiver: borrowing XDPReceiver)
    var base: UnsafeRawPointer { get }
    var byteCount: UInt64 { get }
    /// Number of the frame that an address lies in.
    func number(of address: UMEMAddress) -> UInt64
    /// Start of a frame: what FILL takes back.
    func address(ofFrame number: UInt64) -> UMEMAddress
    /// Where in the UMEM a packet's bytes begin.
    func byteOffset(of address: UMEMAddress) -> UInt64
}

/// Chunks that are a power of two and lie at multiples of it: a frame is found by a shift.
struct AlignedFrames: ReceivedFrames {
    let base: UnsafeRawPointer
    let byteCount: UInt64
    private let shift: UInt64

    init(of socket: borrowing XDPSocket) {
        base = UnsafeRawPointer(socket.memory.base)
        byteCount = UInt64(socket.geometry.byteCount)
        shift = UInt64(socket.geometry.chunkBytes.trailingZeroBitCount)
    }

    @inline(__always)
    init(of receiver: borrowing XDPReceiver) { self = receiver.frames }

    @inline(__always)
    func number(of address: UMEMAddress) -> UInt64 { address &>> shift }

    @inline(__always)
    func address(ofFrame number: UInt64) -> UMEMAddress { number &<< shift }

    @inline(__always)
    func byteOffset(of address: UMEMAddress) -> UInt64 { address }
}

/// Chunks of any size.
struct UnalignedFrames: ReceivedFrames {
    let base: UnsafeRawPointer
    let geometry: FrameGeometry

    init(of receiver: borrowing XDPReceiver) {
        base = UnsafeRawPointer(receiver.socket.memory.base)
        geometry = receiver.socket.geometry
    }

    var byteCount: UInt64 { UInt64(geometry.byteCount) }
    func number(of address: UMEMAddress) -> UInt64 { geometry.frameNumber(of: address) }
    func address(ofFrame number: UInt64) -> UMEMAddress { number &* UInt64(geometry.chunkBytes) }
    func byteOffset(of address: UMEMAddress) -> UInt64 { geometry.byteOffset(of: address) }
}

/// Ownership and address errors that the receive loop met; all of them are broken invariants.
struct ReceiveViolations: Sendable {
    /// Descriptors that point outside the UMEM.
    var badAddresses: UInt64 = 0
    /// Frames that came although the kernel did not have them.
    var doubledFrames: UInt64 = 0

    var total: UInt64 { badAddresses &+ doubledFrames }
}

/// The data path: takes packets from RX, looks at each, and gives its frame back through FILL in the same batch, until RX is
/// empty or `quota` packets were taken. Then it makes the call that the kernel asks for, if it does.
///
/// No other system call, no allocation, no reference counting; the receiver comes as one `inout`, so no exclusivity check, and a
/// look that finds a packet or two has few arguments to pass.
///
/// - Returns: packets taken.
@inline(never)
func xdpReceiveLoop<Check: FrameCheck, Frames: ReceivedFrames>(
    _ receiver: inout XDPReceiver, frames _: Frames.Type, check: inout Check, progress: SharedWord, quota: UInt64
) -> UInt64 {
    var taken: UInt64 = 0
    var kernelAsks = false
    while taken < quota {
        let batch = receiver.socket.receive.peek(upTo: receiver.options.batchSize)
        if batch.isEmpty { break }
        // The kernel's core wrote all these lines: they come at the same time, while slots are reserved and the batch is booked.
        receiver.socket.receive.fetch(batch)
        kernelAsks = receiver.socket.fill.asksForWakeup()
        let slots = receiver.socket.fill.reserve(batch.count)
        if slots.isEmpty {
            // The kernel has not said yet what it consumed.
            receiver.socket.receive.cancel(batch.count)
            receiver.wakeKernel()
            return taken
        }
        receiver.batches.record(batch.count)
        taken &+= UInt64(batch.count)
        check.beginBatch()
        let frames = Frames(of: receiver)
        // Two passes, so that a frame that is twice in one batch is found: the second time the kernel does not have it.
        var offset: UInt32 = 0
        while offset < batch.count {
            let descriptor = receiver.socket.receive.read(at: batch[offset])
            let start = frames.byteOffset(of: descriptor.address)
            let (end, overflow) = start.addingReportingOverflow(UInt64(descriptor.length))
            if overflow || end > frames.byteCount {
                receiver.violations.badAddresses &+= 1
            } else {
                if !receiver.ledger.take(frames.number(of: descriptor.address)) {
                    receiver.violations.doubledFrames &+= 1
                }
                check.look(at: frames.base + Int(truncatingIfNeeded: start), descriptor)
            }
            offset &+= 1
        }
        var given: UInt32 = 0
        offset = 0
        while offset < batch.count {
            let frame = frames.number(of: receiver.socket.receive.read(at: batch[offset]).address)
            if receiver.ledger.give(frame) {
                receiver.socket.fill.write(frames.address(ofFrame: frame), at: slots[given])
                given &+= 1
            }
            offset &+= 1
        }
        receiver.socket.receive.release(batch.count)
        receiver.socket.fill.cancel(batch.count &- given)
        receiver.socket.fill.submit(given)
        receiver.returnedFrames &+= UInt64(given)
        progress.storeRelease(UInt32(truncatingIfNeeded: check.received))
    }
    if taken == 0, receiver.options.wait == .spin { kernelAsks = receiver.socket.fill.asksForWakeup() }
    if kernelAsks { receiver.wakeKernel() }
    return taken
}
