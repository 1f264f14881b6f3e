import CTokenRing
import RingKernelModel
import TokenRing

/// The model's own cost of the system-call paths beside the real calls of the same run: how far the model may be believed.
///
/// Paths that can be entered without a dmabuf: `SO_DEVMEM_DONTNEED` of tokens that the socket does not hold, and the writing of
/// control messages. From the real calls the floor, `getppid`, is taken off.
struct Calibration {
    private static let rounds = 15

    /// Times the model, and puts it beside what was measured. Rows whose real call this kernel refused are left out.
    static func measure(_ calls: SystemCallCosts, _ clock: TickClock) throws(Failure) -> [CalibrationRow] {
        guard let floor = calls.call("getppid")?.nsPerCall?.median else { return [] }
        let kernel: Kernel
        do {
            var configuration = Kernel.Configuration()
            configuration.niovs = 1024
            kernel = try Kernel(Composition.all[0], configuration)
        } catch {
            throw Failure(.systemCall, "calibration: \(error)")
        }
        let socket = kernel.open()
        var rows: [CalibrationRow] = []
        func add(_ call: String, _ ranges: [TokenRange], _ contains: String) {
            guard let real = calls.call(call)?.nsPerCall?.median else { return }
            rows.append(
                CalibrationRow(
                    name: call, kernelNanoseconds: real - floor,
                    modelNanoseconds: dontNeed(kernel, socket, ranges), contains: contains, correction: .fixedPart))
        }
        for count in DontneedCalls.tokenCounts {
            add(
                DontneedCalls.name(count), (0..<UInt32(count)).map { TokenRange(token_start: $0, token_count: 1) },
                "copy of \(count * 8) bytes and \(count) lookups of absent tokens in an empty xarray")
        }
        for count in DontneedRangeCalls.fragCounts {
            add(
                DontneedRangeCalls.name(count), [TokenRange(token_start: 1, token_count: UInt32(count))],
                "one range, \(count) lookups of absent tokens in an empty xarray")
        }
        if let slope = calls.dontneedSlopeNsPerToken?.median,
            let first = rows.first, let last = rows.first(where: { $0.name == DontneedCalls.name(128) })
        {
            rows.append(
                CalibrationRow(
                    name: CalibrationRow.perToken, kernelNanoseconds: slope,
                    modelNanoseconds: (last.modelNanoseconds - first.modelNanoseconds) / 127,
                    contains: "one more token in the array: 8 bytes, one lookup", correction: .none))
        }
        if let real = calls.controlMessageNs?.median {
            rows.append(
                CalibrationRow(
                    name: "control_message", kernelNanoseconds: real, modelNanoseconds: try controlMessage(),
                    contains: "writing one control message of 40 bytes", correction: .whole))
        }
        return rows
    }

    /// Nanoseconds of one modelled `SO_DEVMEM_DONTNEED` that finds nothing.
    private static func dontNeed(_ kernel: Kernel, _ socket: Socket, _ ranges: [TokenRange]) -> Double {
        let calls = max(20, 4000 / ranges.reduce(0) { $0 + Int($1.token_count) })
        return ranges.withUnsafeBytes { argument in
            Repetitions(
                (0...rounds).map { _ in
                    nanoseconds(each: calls) { for _ in 0..<calls { _ = kernel.dontNeed(on: socket, argument) } }
                }.dropFirst().map { $0 }
            ).median
        }
    }

    /// Nanoseconds that the model takes for one control message: `recvmsg` with room for 16 less `recvmsg` that truncates all of them,
    /// as RFC v3 did. No token is returned in either, so that both xarrays grow alike.
    private static func controlMessage() throws(Failure) -> Double {
        let frags = 16
        let calls = 24
        var configuration = Kernel.Configuration()
        configuration.flows = 1
        configuration.niovs = 16384
        configuration.windowFrags = frags * calls
        let control = UnsafeMutableRawBufferPointer.allocate(byteCount: frags * ControlMessages.space, alignment: 8)
        defer { control.deallocate() }
        let none = UnsafeMutableRawBufferPointer(rebasing: control[..<0])
        guard let composition = Composition.all.first(where: { $0.delivery == .controlMessagesTruncated }) else {
            return .nan
        }
        do {
            let (with, without) = (try Kernel(composition, configuration), try Kernel(composition, configuration))
            let differences = (0...rounds).map { _ in
                receive(with, frags, calls, control) - receive(without, frags, calls, none)
            }
            return Repetitions(Array(differences.dropFirst())).median / Double(frags)
        } catch {
            throw Failure(.systemCall, "calibration: \(error)")
        }
    }

    /// Nanoseconds of one modelled `recvmsg` of so many fragments.
    private static func receive(
        _ kernel: Kernel, _ frags: Int, _ calls: Int, _ control: UnsafeMutableRawBufferPointer
    ) -> Double {
        let socket = kernel.sockets[0]
        for _ in 0..<calls { _ = kernel.softirq(flow: 0, burst: frags) }
        return nanoseconds(each: calls) {
            for _ in 0..<calls { _ = kernel.recvmsg(on: socket, length: frags * 4096, control: control) }
        }
    }

    private static func nanoseconds(each calls: Int, _ body: () -> Void) -> Double {
        let start = ctr_monotonic_ns()
        body()
        return Double(ctr_monotonic_ns() - start) / Double(calls)
    }
}
