import CTokenRing
import TokenRing
import TokenRingXDP

/// Why the receive loop came back.
enum ReceivePause: Sendable {
    /// RX was empty.
    case empty
    /// The kernel wants to be told that there are frames in FILL.
    case wakeKernel
    /// FILL has no room, because the kernel has not said yet what it consumed.
    case fillFull
    /// As many packets as were asked for.
    case quota
}

/// The UMEM as the loops read it: plain values, nothing to retain.
protocol ReceivedFrames {
    init(of socket: borrowing XDPSocket)
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

    init(of socket: borrowing XDPSocket) {
        base = UnsafeRawPointer(socket.memory.base)
        geometry = socket.geometry
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

/// The data path: takes packets from RX, looks at each, and gives its frame back through FILL in the same batch.
///
/// No system call, no allocation, no reference counting; the receiver comes as one `inout`, so no exclusivity check, and a look
/// that finds a packet or two has few arguments to pass. It comes back after `quota` packets, when RX was empty so many times
/// in a row as the options say, or when the kernel needs a call.
@inline(never)
func xdpReceiveLoop<Check: FrameCheck, Frames: ReceivedFrames>(
    _ receiver: inout XDPReceiver, frames _: Frames.Type, check: inout Check, progress: SharedWord, quota: UInt64
) -> ReceivePause {
    guard quota > 0 else { return .quota }
    let batchSize = receiver.options.batchSize
    // Before all else: a look waits for the index's line, and nothing up to the first packet needs it.
    var batch = receiver.socket.receive.peek(upTo: batchSize)
    let frames = Frames(of: receiver.socket)
    let idlePolls: UInt32 = receiver.options.wait == .spin ? 1 << 12 : 0
    // In registers while the loop runs.
    var look = check
    defer { check = look }
    var idle: UInt32 = 0
    var taken: UInt64 = 0
    while true {
        if batch.isEmpty {
            // Asked only now: while packets come, the kernel has frames to receive into.
            let asks = idle == idlePolls || (idle == 0 && taken > 0)
            if asks, receiver.socket.fill.asksForWakeup() { return .wakeKernel }
            idle &+= 1
            if idle > idlePolls { return .empty }
            ctr_pause()
            batch = receiver.socket.receive.peek(upTo: batchSize)
            continue
        }
        idle = 0
        let slots = receiver.socket.fill.reserve(batch.count)
        if slots.isEmpty {
            receiver.socket.receive.cancel(batch.count)
            return .fillFull
        }
        look.beginBatch()
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
                look.look(at: frames.base + Int(start), descriptor)
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
        receiver.batches.record(batch.count)
        receiver.socket.fill.cancel(batch.count &- given)
        receiver.socket.fill.submit(given)
        receiver.returnedFrames &+= UInt64(given)
        taken &+= UInt64(batch.count)
        progress.storeRelease(UInt32(truncatingIfNeeded: look.received))
        guard taken < quota else { return .quota }
        batch = receiver.socket.receive.peek(upTo: batchSize)
    }
}
