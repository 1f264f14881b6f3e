import CXDP
import TokenRing

/// An XDP program as instructions of the BPF machine (Documentation/bpf/standardization/instruction-set.rst). The few
/// programs here are shorter than the tools that would compile them.
package struct ProgramCode: Sendable {
    /// A register: `r0` returns, `r1` to `r5` are arguments and do not survive a call, `r6` to `r9` do, `r10` is the stack.
    package enum Register: UInt8, Sendable {
        case r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10
    }

    /// Bytes of a load or store.
    package enum Width: UInt8, Sendable {
        case word = 0x00
        case byte = 0x10
        case double = 0x18
    }

    private var instructions: [(code: UInt8, target: UInt8, source: UInt8, offset: Int16, immediate: Int32)] = []

    /// No instruction yet.
    package init() {}

    private mutating func add(
        _ code: UInt8, _ target: Register = .r0, _ source: UInt8 = 0, offset: Int16 = 0, _ immediate: Int32 = 0
    ) {
        instructions.append((code, target.rawValue, source, offset, immediate))
    }

    /// `target = value`.
    package mutating func set(_ target: Register, to value: Int32) { add(0xb7, target, value) }
    /// `target = source`.
    package mutating func copy(_ source: Register, to target: Register) { add(0xbf, target, source.rawValue) }
    /// `target += value`.
    package mutating func increase(_ target: Register, by value: Int32) { add(0x07, target, value) }
    /// `target &= value`.
    package mutating func and(_ target: Register, _ value: Int32) { add(0x57, target, value) }
    /// `target = ~target`.
    package mutating func invert(_ target: Register) { add(0xa7, target, -1) }
    /// `target = *(source + offset)`.
    package mutating func load(_ target: Register, from source: Register, _ offset: Int16, _ width: Width = .word) {
        add(0x61 | width.rawValue, target, source.rawValue, offset: offset)
    }
    /// `*(target + offset) = source`.
    package mutating func store(
        _ source: Register, to target: Register, _ offset: Int16, _ width: Width = .word
    ) {
        add(0x63 | width.rawValue, target, source.rawValue, offset: offset)
    }
    /// `target` = a map, to be an argument.
    package mutating func map(_ descriptor: CInt, in target: Register) {
        add(0x18, target, 1, descriptor)
        add(0)
    }
    /// `target` = the address of an array map's first value.
    package mutating func value(of descriptor: CInt, in target: Register) {
        add(0x18, target, 2, descriptor)
        add(0)
    }
    /// Skips `count` instructions if `left > right`.
    package mutating func skip(_ count: Int16, if left: Register, isAbove right: Register) {
        add(0x2d, left, right.rawValue, offset: count)
    }
    /// Skips `count` instructions if `left == value`.
    package mutating func skip(_ count: Int16, if left: Register, equals value: Int32) {
        add(0x15, left, offset: count, value)
    }
    /// Calls a helper of the kernel by its number.
    package mutating func call(_ helper: Int32) { add(0x85, .r0, helper) }
    /// `return r0`.
    package mutating func exit() { add(0x95) }

    private mutating func add(_ code: UInt8, _ target: Register, _ immediate: Int32) {
        add(code, target, 0, offset: 0, immediate)
    }

    /// `return bpf_redirect_map(map, r2, otherwise);`
    package mutating func redirect(through descriptor: CInt, otherwise action: Int32) {
        map(descriptor, in: .r1)
        set(.r3, to: action)
        call(51)
        exit()
    }

    /// `return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);`
    package static func redirect(through descriptor: CInt) -> ProgramCode {
        var code = ProgramCode()
        code.load(.r2, from: .r1, 16)
        code.redirect(through: descriptor, otherwise: 2)
        return code
    }

    /// The same, with the time in front of the packet: `ArrivalStamp`, if the driver has room for metadata.
    package static func redirectWithStamp(through descriptor: CInt) -> ProgramCode {
        var code = ProgramCode()
        code.copy(.r1, to: .r6)
        code.set(.r2, to: -Int32(ArrivalStamp.byteCount))
        code.call(54)
        code.call(5)
        code.load(.r2, from: .r6, 16)
        code.load(.r7, from: .r6, 8)
        code.load(.r5, from: .r6, 0)
        code.copy(.r7, to: .r8)
        code.increase(.r8, by: Int32(ArrivalStamp.byteCount))
        code.skip(3, if: .r8, isAbove: .r5)
        code.store(.r0, to: .r7, 0, .double)
        code.invert(.r0)
        code.store(.r0, to: .r7, 8, .double)
        code.redirect(through: descriptor, otherwise: 2)
        return code
    }

    /// Loads it; the descriptor is the caller's.
    func load(multiBuffer: Bool) throws(SystemCallError) -> CInt {
        let words = instructions.map {
            bpf_insn(
                code: $0.code, dst_reg: $0.target, src_reg: $0.source, off: $0.offset, imm: $0.immediate)
        }
        var options = bpf_prog_load_opts()
        options.sz = MemoryLayout<bpf_prog_load_opts>.size
        // BPF_F_XDP_HAS_FRAGS
        options.prog_flags = multiBuffer ? 1 << 5 : 0
        return try SystemCallError.check(
            bpf_prog_load(BPF_PROG_TYPE_XDP, "tokenring_xsk", "Apache-2.0", words, words.count, &options),
            "bpf_prog_load", hint: "loading an XDP program needs CAP_BPF and CAP_NET_ADMIN")
    }
}
