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

/// The UMEM as the receive loop reads it: plain values, nothing to retain.
struct ReceivedFrames {
    let base: UnsafeRawPointer
    let byteCount: UInt64
    let geometry: FrameGeometry

    init(of socket: borrowing XDPSocket) {
        base = UnsafeRawPointer(socket.memory.base)
        byteCount = UInt64(socket.geometry.byteCount)
        geometry = socket.geometry
    }
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
/// No system call, no allocation, no reference counting; the rings come as `inout` locals, so no exclusivity check. It comes
/// back after `quota` packets, when RX was empty `idlePolls` times in a row, or when the kernel needs a call.
@inline(never)
func xdpReceiveLoop<Check: FrameCheck>(
    receive: inout ReceiveRing, fill: inout FillRing, frames: ReceivedFrames, ledger: borrowing FrameLedger,
    check: inout Check, violations: inout ReceiveViolations, returned: inout UInt64, batches: borrowing BatchSizes,
    progress: SharedWord, batchSize: UInt32, quota: UInt64, idlePolls: UInt32
) -> ReceivePause {
    var idle: UInt32 = 0
    var taken: UInt64 = 0
    while taken < quota {
        let batch = receive.peek(upTo: batchSize)
        if batch.isEmpty {
            idle &+= 1
            if idle > idlePolls { return .empty }
            ctr_pause()
            continue
        }
        idle = 0
        let slots = fill.reserve(batch.count)
        if slots.isEmpty {
            receive.cancel(batch.count)
            return .fillFull
        }
        // Two passes, so that a frame that is twice in one batch is found: the second time the kernel does not have it.
        var offset: UInt32 = 0
        while offset < batch.count {
            let descriptor = receive.read(at: batch[offset])
            let (end, overflow) = descriptor.address.addingReportingOverflow(UInt64(descriptor.length))
            if overflow || end > frames.byteCount {
                violations.badAddresses &+= 1
            } else {
                if !ledger.take(frames.geometry.frameNumber(of: descriptor.address)) { violations.doubledFrames &+= 1 }
                check.look(at: frames.base + Int(descriptor.address), length: descriptor.length)
            }
            offset &+= 1
        }
        var given: UInt32 = 0
        offset = 0
        while offset < batch.count {
            let address = frames.geometry.frameAddress(of: receive.read(at: batch[offset]).address)
            if ledger.give(frames.geometry.frameNumber(of: address)) {
                fill.write(address, at: slots[given])
                given &+= 1
            }
            offset &+= 1
        }
        receive.release(batch.count)
        batches.record(batch.count)
        fill.cancel(batch.count &- given)
        fill.submit(given)
        returned &+= UInt64(given)
        taken &+= UInt64(batch.count)
        progress.storeRelease(UInt32(truncatingIfNeeded: check.received))
        if fill.needsWakeup() { return .wakeKernel }
    }
    return .quota
}
