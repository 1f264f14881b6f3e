import RingBenchKit
import Testing
import TokenRing
import TokenRingXDP

/// All tests against the real kernel. One at a time: they share two CPUs with the kernel's own work.
@Suite("AF_XDP on this kernel", .serialized, .enabled(if: Privilege.isThere, Privilege.reason))
struct AFXDP {}

enum Privilege {
    private static let missing = Capability.missing(of: [.netAdmin, .netRaw, .sysAdmin, .bpf])
    static let isThere = missing.isEmpty
    static let reason = Comment(rawValue: "needs " + missing.map(\.name).joined(separator: ", "))
}

extension VethPair {
    /// Runs a body that throws set-up errors on a thread in the receiver's namespace and hands its result or error out.
    func inReceiver<Value: Sendable>(
        _ body: @escaping @Sendable () throws(XDPError) -> Value
    ) throws -> Result<Value, XDPError> {
        try receiver.run { () throws(Failure) in
            do throws(XDPError) { return .success(try body()) } catch { return .failure(error) }
        }
    }

    /// The same in the sender's namespace.
    func inSender<Value: Sendable>(
        _ body: @escaping @Sendable () throws(XDPError) -> Value
    ) throws(Failure) -> Result<Value, XDPError> {
        try sender.run { () throws(Failure) in
            do throws(XDPError) { return .success(try body()) } catch { return .failure(error) }
        }
    }
}

/// A UMEM of `frames` frames, all of them handed to the kernel, bound to queue 0.
func makeSocket(
    on name: String, queue: UInt32 = 0, frames: UInt32 = 256, transmitEntries: UInt32 = 0,
    mode: CopyMode.Request = .auto
) throws(XDPError) -> XDPSocket {
    let interface = try NetworkInterface(named: name)
    let geometry = try FrameGeometry(chunkBytes: 2048, frameCount: frames)
    var umem = try UMEM(geometry: geometry, fillEntries: frames * 2, completionEntries: frames)
    // A socket that sends keeps its frames.
    if transmitEntries == 0 { _ = umem.provide(frames: 0..<frames) }
    return try XDPSocket(
        on: interface, queue: queue, umem: umem, receiveEntries: frames, transmitEntries: transmitEntries, mode: mode)
}
