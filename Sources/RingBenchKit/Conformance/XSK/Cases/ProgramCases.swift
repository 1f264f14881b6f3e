import TokenRing
import TokenRingXDP

extension XSKCase {
    /// Programs that do more than redirect.
    static let programs: [XSKCase] = [
        XSKCase(
            "X18", "XDP_PROG_CLEANUP", "a second socket takes the first one's place in the map; traffic goes on to it"
        ) { bench throws(XSKEnding) in try swapSockets(bench) },
        XSKCase("X19", "XDP_DROP_HALF", "the program drops every second packet; the others arrive") {
            bench throws(XSKEnding) in
            let counter = try value()
            var rules = TrafficRules()
            rules.arrives = { $0 % 2 == 0 }
            let count = try bench.carry(packets(), rules: rules) {
                .dropHalf(counting: counter.descriptor, through: $0)
            }
            return count.text
        },
        XSKCase(
            "X20", "XDP_SHARED_UMEM", "two sockets on one queue and UMEM: the program gives them odd and even packets"
        ) {
            bench throws(XSKEnding) in
            var receiver = try bench.receiver { .splitOddAndEven(through: $0) }
            try addSecond(to: &receiver, at: 1, bench)
            var sender = try bench.sender()
            var rules = TrafficRules()
            rules.socket = { Int($0 % 2) }
            return try Traffic(mode: bench.mode, rules: rules).carry(packets(), from: &sender, to: &receiver).text
        },
        XSKCase(
            "X21", "XDP_METADATA_COPY", "what the program writes in front of a packet is in front of it in the UMEM"
        ) {
            bench throws(XSKEnding) in try metadata(bench, .receiver)
        },
        XSKCase("X21.fragments", "XDP_METADATA_COPY_MULTI_BUFF", isJumbo: true, "the same at an MTU of 9000") {
            bench throws(XSKEnding) in
            var setup = EndSetup.receiver
            setup.multiBuffer = true
            return try metadata(bench, setup)
        },
        XSKCase("X24.shrink", "XDP_ADJUST_TAIL_SHRINK", "the program cuts 4 bytes off; packets arrive so") {
            bench throws(XSKEnding) in try adjustTail(bench, by: -4, packets(64, 128))
        },
        XSKCase(
            "X24.shrink-fragments", "XDP_ADJUST_TAIL_SHRINK_MULTI_BUFF", isJumbo: true, "it cuts 4096 of 6144 bytes off"
        ) { bench throws(XSKEnding) in try adjustTail(bench, by: -4096, twoFragments) },
        XSKCase("X24.grow", "XDP_ADJUST_TAIL_GROW", "the program adds 4 bytes; packets arrive so") {
            bench throws(XSKEnding) in try adjustTail(bench, by: 4, packets(64, 128))
        },
        XSKCase(
            "X24.grow-fragments", "XDP_ADJUST_TAIL_GROW_MULTI_BUFF", isJumbo: true,
            "it adds 2047 bytes to the last fragment of 6144"
        ) { bench throws(XSKEnding) in try adjustTail(bench, by: 2047, twoFragments) },
    ]

    private static let twoFragments = Array(repeating: SentPacket(length: 6144, inFramesOf: 3072), count: 64)

    private static func value() throws(XSKEnding) -> ProgramValue {
        do throws(SystemCallError) { return try ProgramValue() } catch { throw XSKEnding(error) }
    }

    /// A further socket on the receiver's queue, in the map at `key`.
    private static func addSecond(to end: inout XSKEnd, at key: UInt32, _ bench: XSKBench) throws(XSKEnding) {
        // A socket belongs to the namespace in which it is made.
        _ = try bench.link.enter(.receiver)
        do throws(XDPError) {
            let second = try XDPQueueSocket(onQueueOf: end.socket)
            do throws(SystemCallError) {
                try end.program?.redirect(to: second, at: key)
            } catch {
                throw .system(error)
            }
            end.second = consume second
        } catch {
            throw XSKEnding(error)
        }
    }

    private static func swapSockets(_ bench: XSKBench) throws(XSKEnding) -> String {
        var receiver = try bench.receiver()
        var sender = try bench.sender()
        let first = try Traffic(mode: bench.mode).carry(packets(), from: &sender, to: &receiver)
        try addSecond(to: &receiver, at: 0, bench)
        var rules = TrafficRules()
        rules.socket = { _ in 1 }
        let second = try Traffic(mode: bench.mode, rules: rules).carry(packets(), from: &sender, to: &receiver)
        return "first socket: \(first.text); second: \(second.text)"
    }

    private static func metadata(_ bench: XSKBench, _ setup: EndSetup) throws(XSKEnding) -> String {
        let counter = try value()
        var rules = TrafficRules()
        rules.hasMetadata = true
        let count = try bench.carry(packets(), receiver: setup, rules: rules) {
            .number(counting: counter.descriptor, through: $0)
        }
        return count.text
    }

    private static func adjustTail(
        _ bench: XSKBench, by bytes: Int32, _ packets: [SentPacket]
    ) throws(XSKEnding) -> String {
        let refusal = try value()
        var (receiver, sender) = (EndSetup.receiver, EndSetup.sender)
        let isLong = packets[0].parts.count > 1
        (receiver.multiBuffer, sender.multiBuffer) = (isLong, isLong)
        var rules = TrafficRules()
        rules.grows = Int(bytes)
        do throws(XSKEnding) {
            return try bench.carry(packets, receiver: receiver, sender: sender, rules: rules) {
                .adjustTail(by: bytes, refusal: refusal.descriptor, through: $0)
            }.text
        } catch {
            let result: Int32
            do throws(SystemCallError) { result = try refusal.read() } catch { throw XSKEnding(error) }
            guard result != 0 else { throw error }
            throw .skip(SystemCallError("bpf_xdp_adjust_tail(\(bytes))", errno: result).description)
        }
    }
}
