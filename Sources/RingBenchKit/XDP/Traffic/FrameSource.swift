import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// What a source did, known when its thread has ended.
struct SourceResult: Sendable {
    /// Packets that the kernel took.
    var sentFrames: UInt64 = 0
    /// When the first one was handed over, on the monotonic clock.
    var startedNanoseconds: Int64 = 0
    /// The call that failed, if one did.
    var error: SystemCallError?
}

/// Makes numbered packets until there are enough or the receiver says stop.
protocol FrameSource: Sendable {
    /// Sends `frames` packets of `bytes` bytes with at most `window` on the way; 0 for no limit.
    func send(frames: UInt64, bytes: UInt32, window: UInt32, pace: Pace) -> SourceResult
}

extension FrameSource {
    /// Waits until `wanted` more packets may be on the way. False if the receiver says stop.
    @inline(__always)
    func awaitRoom(_ wanted: UInt32, window: UInt32, pace: Pace) -> Bool {
        var polls: UInt32 = 0
        while true {
            if pace.stop.loadRelaxed() != 0 { return false }
            if window == 0 || pace.inFlight &+ wanted <= window { return true }
            polls &+= 1
            if polls & 63 == 0 { sched_yield() } else { ctr_pause() }
        }
    }
}

/// Packets over the virtual wire: AF_PACKET and sendmmsg, one number each.
struct WireSource: FrameSource {
    let interface: NetworkInterface
    let flows: UInt32

    func send(frames: UInt64, bytes: UInt32, window: UInt32, pace: Pace) -> SourceResult {
        var result = SourceResult()
        let socket = ctr_packet_socket(interface.index)
        guard socket >= 0 else {
            result.error = SystemCallError("socket(AF_PACKET)", errno: socket, hint: "it needs CAP_NET_RAW")
            return result
        }
        defer { close(socket) }
        let most = UInt32(CTR_PACKET_BATCH)
        let stride = 2048
        let batch = UnsafeMutableRawBufferPointer.allocate(byteCount: stride * Int(most), alignment: 64)
        defer { batch.deallocate() }
        result.startedNanoseconds = ctr_monotonic_ns()
        while result.sentFrames < frames {
            var count = UInt32(min(UInt64(most), frames - result.sentFrames))
            if window > 0 { count = min(count, window) }
            guard awaitRoom(count, window: window, pace: pace) else { break }
            for index in 0..<Int(count) {
                let start = index * stride
                NumberedFrame.write(
                    result.sentFrames + UInt64(index), of: flows,
                    into: UnsafeMutableRawBufferPointer(rebasing: batch[start..<start + Int(bytes)]))
            }
            var done: UInt32 = 0
            while done < count {
                let sent = ctr_packet_send(
                    socket, batch.baseAddress.map { $0 + Int(done) * stride }, stride, Int(bytes), count - done)
                if sent < 0, sent != -EINTR, sent != -ENOBUFS, sent != -EAGAIN {
                    result.error = SystemCallError("sendmmsg", errno: sent, hint: "the wire is down")
                    return result
                }
                done += UInt32(max(sent, 0))
                result.sentFrames += UInt64(max(sent, 0))
                if sent <= 0, pace.stop.loadRelaxed() != 0 { return result }
                pace.sent.storeRelease(UInt32(truncatingIfNeeded: result.sentFrames))
            }
        }
        return result
    }
}

/// Packets that the kernel makes, `copies` of each number with one call.
struct LiveSource: FrameSource {
    let frames: LiveFrames
    let copies: UInt32
    let flows: UInt32

    func send(frames total: UInt64, bytes: UInt32, window: UInt32, pace: Pace) -> SourceResult {
        var result = SourceResult()
        let packet = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(bytes), alignment: 64)
        defer { packet.deallocate() }
        var number: UInt64 = 0
        result.startedNanoseconds = ctr_monotonic_ns()
        while result.sentFrames < total {
            let count = UInt32(min(UInt64(copies), total - result.sentFrames))
            guard awaitRoom(count, window: window, pace: pace) else { break }
            NumberedFrame.write(number, of: flows, into: packet)
            let sent = frames.send(UnsafeRawBufferPointer(packet), count: Int32(count))
            guard sent == 0 else {
                result.error = SystemCallError(
                    "bpf_prog_test_run_opts(live frames)", errno: sent, hint: "it needs Linux 5.18 and CAP_NET_ADMIN")
                return result
            }
            number += 1
            result.sentFrames += UInt64(count)
            pace.sent.storeRelease(UInt32(truncatingIfNeeded: result.sentFrames))
        }
        return result
    }
}
