import TokenRingXDP

/// The programs of the cases. Actions: 1 is XDP_DROP.
extension ProgramCode {
    /// `return counter++ % 2 ? XDP_DROP : redirect to the queue's socket;`
    static func dropHalf(counting counter: CInt, through map: CInt) -> ProgramCode {
        var code = ProgramCode()
        code.load(.r2, from: .r1, queueOffset)
        code.count(counter, before: .r4)
        code.and(.r4, 1)
        code.skip(2, if: .r4, equals: 0)
        code.set(.r0, to: 1)
        code.exit()
        code.redirect(through: map, otherwise: 1)
        return code
    }

    /// `return redirect to the socket whose number is the packet's, modulo 2;` strangers to 0.
    static func splitOddAndEven(through map: CInt) -> ProgramCode {
        var code = ProgramCode()
        code.set(.r2, to: 0)
        code.load(.r3, from: .r1, 0)
        code.load(.r4, from: .r1, 4)
        code.copy(.r3, to: .r5)
        code.increase(.r5, by: Int32(PacketPattern.headerBytes) + 4)
        code.skip(2, if: .r5, isAbove: .r4)
        // The first word's upper half is the packet's number.
        code.load(.r2, from: .r3, Int16(PacketPattern.headerBytes) + 2, .byte)
        code.and(.r2, 1)
        code.redirect(through: map, otherwise: 1)
        return code
    }

    /// `bpf_xdp_adjust_meta(ctx, -8); *meta = counter++; return redirect;`
    static func number(counting counter: CInt, through map: CInt) -> ProgramCode {
        var code = ProgramCode()
        code.copy(.r1, to: .r6)
        code.set(.r2, to: -8)
        code.call(54)
        code.load(.r2, from: .r6, queueOffset)
        code.load(.r7, from: .r6, 8)
        code.load(.r5, from: .r6, 0)
        code.copy(.r7, to: .r8)
        code.increase(.r8, by: 8)
        // Over the counting (6) and the store (1) when there is no room.
        code.skip(7, if: .r8, isAbove: .r5)
        code.count(counter, before: .r4)
        code.store(.r4, to: .r7, 0)
        code.redirect(through: map, otherwise: 1)
        return code
    }

    /// `if ((refusal = bpf_xdp_adjust_tail(ctx, bytes))) return XDP_DROP; return redirect;`
    static func adjustTail(by bytes: Int32, refusal: CInt, through map: CInt) -> ProgramCode {
        var code = ProgramCode()
        code.copy(.r1, to: .r6)
        code.set(.r2, to: bytes)
        code.call(65)
        code.skip(5, if: .r0, equals: 0)
        code.value(of: refusal, in: .r3)
        code.store(.r0, to: .r3, 0)
        code.set(.r0, to: 1)
        code.exit()
        code.load(.r2, from: .r6, queueOffset)
        code.redirect(through: map, otherwise: 1)
        return code
    }

    /// `rx_queue_index` in `struct xdp_md`.
    private static let queueOffset: Int16 = 16

    /// `before = counter; counter += 1;` in six instructions, over r3 and r9.
    private mutating func count(_ counter: CInt, before: Register) {
        value(of: counter, in: .r3)
        load(before, from: .r3, 0)
        copy(before, to: .r9)
        increase(.r9, by: 1)
        store(.r9, to: .r3, 0)
    }
}
