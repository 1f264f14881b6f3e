import RingKernelModel
import TokenRing

/// Limits, formats and costs that the mails name: C1 to C8.
extension Scenario {
    static let limits = [
        callLimits, messageFields, linearPart,
        Scenario(
            "C4", "put_cmsg and making a token cost CPU",
            nowhereBecause: "a cost, not a behaviour: ringbench evaluate measures it, column issue"),
        shortControl,
        Scenario(
            "C6", "13.13 % idle before and 26.32 % after, 4 flows, 11 runs",
            nowhereBecause: "a figure of a machine with a NIC; ringbench evaluate has the model's"),
        netlinkMessage,
        Scenario(
            "C8", "static branches, a mutex and not a spinlock",
            nowhereBecause: "how the kernel's code is patched; the model has no static keys"),
    ]

    private static let callLimits = Scenario(
        "C1", "128 ranges and 1024 fragments a call",
        expect: [
            .notApplicable(
                "there is no call with an array", when: { $0.returnsByRing && !$0.hasReturnRing }),
            .sees(["128 ranges: ret 128", "129 ranges: -EINVAL", "600 + 600: ret 1024", "the rest: ret 176"], "C1"),
        ],
        configure: {
            $0.niovs = 1400
            $0.deliveryEntries = 1024
        }
    ) { kernel in
        let tokens = try kernel.take(1400).map(\.token).sorted()
        func ranges(_ tokens: some Sequence<UInt32>) -> [TokenRange] {
            tokens.map { TokenRange(token_start: $0, token_count: 1) }
        }
        kernel.see("128 ranges", result: kernel.callBack(ranges(tokens[..<128])))
        kernel.see("129 ranges", result: kernel.callBack(ranges(tokens[128..<257])))
        let two = [tokens[128], tokens[728]].map { TokenRange(token_start: $0, token_count: 600) }
        kernel.see("600 + 600", result: kernel.callBack(two))
        // Which of the second range were taken is known: the first.
        kernel.see("the rest", result: kernel.callBack([TokenRange(token_start: tokens[1152], token_count: 176)]))
    }

    private static let messageFields = Scenario(
        "C2", "offset, size and token of each fragment",
        expect: [
            .sees(
                ["offsets and sizes in the dmabuf", "stream complete"], "C2; token_ring.h", when: { $0.deliversByRing }),
            .sees(
                ["offsets and sizes in the dmabuf", "dmabuf_id 1 and 2", "stream complete"],
                "C2, 2.1: struct dmabuf_cmsg",
                when: { $0.rules.severalBindings }),
            .sees(
                ["offsets and sizes in the dmabuf", "dmabuf_id 1", "stream complete"], "C2, 2.1: struct dmabuf_cmsg"),
        ],
        configure: { $0.fragBytes = 1448 }
    ) { kernel in
        let frags = try kernel.take(6)
        let inside = frags.allSatisfy {
            $0.size == 1448 && $0.offset % 4096 <= 4096 - 1448 && $0.offset < UInt64(64 * 4096)
        }
        kernel.see(inside ? "offsets and sizes in the dmabuf" : "\(frags)")
        if !kernel.subject.deliversByRing {
            kernel.arrive(1)
            let first = kernel.receive(1).dmabufID
            if kernel.subject.rules.severalBindings {
                kernel.arrive(1, from: try kernel.bindQueue(1))
                kernel.see("dmabuf_id \(first) and \(kernel.receive(1).dmabufID)")
            } else {
                kernel.see("dmabuf_id \(first)")
            }
        }
        kernel.see(kernel.corrupt == 0 ? "stream complete" : "bytes lost")
    }

    private static let linearPart = Scenario(
        "C3", "bytes that header split left in the skb head",
        expect: [
            .sees(
                ["64 bytes announced", "64 bytes are right", "1 token"], "C3; token_ring.h: recvmsg them",
                when: { $0.deliversByRing }),
            .defect(
                "a linear part's announcement is cut off like any control message",
                right: [
                    "64 bytes announced", "64 bytes are right", "1 token",
                ], posted: nil, "C5", when: { $0.truncates }),
            .sees(["64 bytes announced", "64 bytes are right", "1 token"], "C3: SCM_DEVMEM_LINEAR, only frag_size"),
        ]
    ) { kernel in
        var arrival = Arrival(frags: 1)
        arrival.linearBytes = 64
        kernel.arrive(arrival)
        let (announced, bytes, frags) = kernel.receiveWithLinearPart()
        kernel.see("\(announced) bytes announced")
        let content = kernel.stream(of: kernel.kernel.sockets[0]).content
        let isRight = bytes.withUnsafeBytes { content.matches(at: 0, $0, depth: .everyByte) }
        kernel.see("\(bytes.count) bytes are \(isRight ? "right" : "wrong")")
        kernel.see("\(frags) token\(frags == 1 ? "" : "s")")
    }

    private static let shortControl = Scenario(
        "C5", "control space for 2 of 5 fragments",
        expect: [
            .notApplicable("there are no control messages; S16 has the ring", when: { $0.deliversByRing }),
            .defect(
                lostAtShortControl, right: ["2 tokens", "3 tokens", "whole"],
                posted: ["2 tokens", "0 tokens", "3 lost"],
                "C5, RFC v3", when: { $0.truncates }),
            .sees(["2 tokens", "3 tokens", "whole"], "C5: no token that user space never sees"),
        ]
    ) { kernel in
        kernel.arrive(5)
        let first = kernel.receive(messages: 2).frags
        kernel.see("\(first.count) tokens")
        let rest = kernel.receive().frags
        kernel.see("\(rest.count) tokens")
        kernel.giveBack(first + rest)
        let lost = kernel.pool.buffers - kernel.pool.freeBuffers
        kernel.see(lost == 0 ? "whole" : "\(lost) lost")
    }

    private static let netlinkMessage = Scenario(
        "C7", "a release over netlink needs a message buffer",
        expect: [
            .notApplicable("no message is made for a return", when: { $0.returning != .netlink }),
            .sees(["no memory: -ENOMEM", "cut short: -EINVAL", "held", "ret 1"], "C7, A18: one extra skb a batch"),
        ]
    ) { kernel in
        let frag = try kernel.one()
        kernel.kernel.faults.failNext(.tokenArray)
        kernel.see("no memory", result: kernel.giveBack([frag]))
        kernel.see("cut short", result: kernel.sendBytes(20))
        kernel.seeBuffer(frag)
        kernel.see(result: kernel.giveBack([frag]))
    }
}

extension ScenarioKernel {
    /// Receives what has a linear part in front.
    ///
    /// - Returns: bytes that were announced, those bytes, and how many tokens came.
    fileprivate func receiveWithLinearPart() -> (announced: Int, bytes: [UInt8], frags: Int) {
        let socket = kernel.sockets[0]
        guard let user = userRings(of: 0), user.ringSet.delivers else {
            let received = receive(2)
            return (received.linearBytes, received.copied, received.frags.count)
        }
        user.take()
        let announced = user.announced[socket.cookie] ?? 0
        var bytes = [UInt8](repeating: 0, count: announced)
        var control = [UInt64](repeating: 0, count: ControlMessages.space / 8)
        let read = bytes.withUnsafeMutableBytes { memory in
            control.withUnsafeMutableBytes {
                kernel.recvmsg(on: socket, length: announced, control: $0, memory: memory).bytes
            }
        }
        skip(max(0, read), of: socket)
        return (announced, Array(bytes.prefix(max(0, read))), receive(1).frags.count)
    }
}
