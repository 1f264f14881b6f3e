import CTokenRing
import Glibc
import TokenRing
import TokenRingZCRX

/// The refill ring and who lies in it: L10 to L12.
extension ZCRXSelftest {
    static let ringCases = [
        ZCRXSelftestCase(10, "flush", flushes), ZCRXSelftestCase(11, "refill entries that cannot be", survivesEntries),
        ZCRXSelftestCase(12, "indices that cannot be", survivesIndices),
    ]

    @Sendable
    private static func flushes(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        let receiver = try ZCRXFixture.receiver()
        let uring = receiver.ring.descriptor
        checks.expect(
            ZCRXQueue.control(CTR_ZCRX_FLUSH, of: receiver.queue.identifier + 1, in: uring).result < 0,
            "flushed what is not registered")
        guard try canFlush(&checks) else { return }
        let result = ZCRXQueue.control(CTR_ZCRX_FLUSH, of: receiver.queue.identifier, in: uring).result
        checks.expect(result == 0, "flush: \(ErrnoName.text(of: Int(result)))")
    }

    @Sendable
    private static func survivesEntries(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        guard try canFlush(&checks) else { return }
        var receiver = try ZCRXFixture.receiver()
        let (token, end) = (receiver.queue.areaToken, UInt64(receiver.queue.area.byteCount))
        // Never delivered; behind the area; as far behind as can be said; another area; a reserved field that is not zero.
        var entries = [RefillEntry](repeating: RefillEntry(offset: token, length: 1), count: 16)
        entries += [token + end, 1 << 48 - 1, token + 1 << 48].map { RefillEntry(offset: $0, length: 1) }
        var padded = RefillEntry(offset: token, length: 1)
        padded.padding = 1
        entries.append(padded)
        for entry in entries {
            let slot = receiver.queue.refill.reserve(1)
            checks.expect(
                !slot.isEmpty, "the flush left the entry before 0x\(String(entry.offset, radix: 16)) in the ring")
            guard !slot.isEmpty else { return }
            receiver.queue.refill.write(entry, at: slot[0])
            receiver.queue.refill.submit(1)
            try receiver.flush()
        }
        // Nothing was freed that was free: the area still has each buffer once.
        let connection = try LoopbackConnection(receiveBytes: 1 << 20)
        let area = UInt64(ZCRXFixture.areaPages)
        let sender = try StreamSender(over: connection, bytes: area * 4096 * 2)
        let result = try receiver.receive(area * 4096 * 2, from: connection.receiver, returning: .never)
        _ = sender.stop()
        checks.expect(result, oneOf: [ENOMEM], "twice the area, no buffer returned")
        checks.expect(
            receiver.pieces == area && receiver.wrongBytes == 0,
            "\(receiver.pieces) buffers came out of \(area), \(receiver.wrongBytes) bytes wrong")
    }

    @Sendable
    private static func survivesIndices(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        guard try canFlush(&checks) else { return }
        let lies: [(String, RingWord, UInt32)] = [
            ("the kernel's index at 1, ours at 0", .consumer, 1),
            ("our index two rings ahead", .producer, 2 * ZCRXFixture.entries),
        ]
        for (what, word, value) in lies {
            let receiver = try ZCRXFixture.receiver()
            receiver.queue.refillMemory.storeRelease(value, to: word)
            let result = ZCRXQueue.control(CTR_ZCRX_FLUSH, of: receiver.queue.identifier, in: receiver.ring.descriptor)
            checks.expect([0, -EINVAL].contains(result.result), "\(what): \(ErrnoName.text(of: Int(result.result)))")
        }
    }

    private static func canFlush(_ checks: inout ZCRXChecks) throws(SystemCallError) -> Bool {
        let can = try ZCRXAbilities().canFlush
        if !can { checks.leaveOut("this kernel's zcrx has no ZCRX_CTRL_FLUSH_RQ") }
        return can
    }
}
