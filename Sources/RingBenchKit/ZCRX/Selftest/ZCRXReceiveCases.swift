import CTokenRing
import Glibc
import TokenRing
import TokenRingZCRX

/// Receives, and exits in the middle of them: L6, L7, L13, L14.
extension ZCRXSelftest {
    static let receiveCases = [
        ZCRXSelftestCase(6, "receives that cannot be", refusesReceives),
        ZCRXSelftestCase(7, "exit with a receive under way", exitsWithReceive),
        ZCRXSelftestCase(
            13, "a page, then twice the area: kept, returned at once, returned when the ring is full", receives),
        ZCRXSelftestCase(14, "exit while payload arrives: in the task, on a worker, exported or not", exitsAbruptly),
    ]

    @Sendable
    private static func refusesReceives(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        var receiver = try ZCRXFixture.receiver()
        let connection = try LoopbackConnection(receiveBytes: 1 << 16)
        let identifier = receiver.queue.identifier
        let cases: [(String, socket: CInt, zcrx: UInt32, errnos: [CInt])] = [
            ("from descriptor -1", -1, identifier, [EBADF, ENOTSOCK]),
            ("from the io_uring itself", receiver.ring.descriptor, identifier, [EBADF, ENOTSOCK]),
            ("through a registration that is not there", connection.receiver, identifier + 1, [EINVAL]),
        ]
        for (what, socket, zcrx, errnos) in cases {
            receiver.ring.queueReceive(from: socket, through: zcrx)
            try receiver.ring.submit(awaiting: 1)
            let batch = receiver.ring.completions.peek(upTo: 1)
            checks.expect(batch.count == 1, "a receive \(what) did not complete")
            guard batch.count == 1 else { return }
            let completion = receiver.ring.completions.read(at: batch[0])
            receiver.ring.completions.release(1)
            checks.expect(completion.result, oneOf: errnos, "a receive \(what)")
            checks.expect(!completion.hasMore, "a receive \(what) would go on")
        }
    }

    @Sendable
    private static func exitsWithReceive(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        let connection = try LoopbackConnection(receiveBytes: 1 << 16)
        do {
            var receiver = try ZCRXFixture.receiver()
            receiver.ring.queueReceive(from: connection.receiver, through: receiver.queue.identifier)
            try receiver.ring.submit(awaiting: 0)
            checks.expect(receiver.ring.completions.peek(upTo: 1).isEmpty, "a receive of nothing completed")
        }
        try expectWorking(&checks)
    }

    @Sendable
    private static func receives(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        let twice = UInt64(2 * ZCRXFixture.areaPages * ZCRXQueue.bufferBytes)
        let ways: [(String, ZCRXReceiver.Returning, entries: UInt32, result: CInt)] = [
            ("kept", .never, ZCRXFixture.entries, -ENOMEM), ("returned at once", .eagerly, ZCRXFixture.entries, 0),
            ("returned when the ring is full", .whenFull, ZCRXFixture.fewEntries, 0),
        ]
        for (name, returning, entries, expected) in ways {
            var receiver = try ZCRXFixture.receiver(entries: entries)
            let connection = try LoopbackConnection(receiveBytes: 1 << 20)
            let page = try receive(4096, into: &receiver, over: connection, returning)
            checks.expect(page == 0, "buffers \(name), a page: \(ErrnoName.text(of: Int(page)))")
            let result = try receive(twice, into: &receiver, over: connection, returning)
            checks.expect(
                result == expected, "buffers \(name), twice the area: \(ErrnoName.text(of: Int(result)))")
            checks.expect(
                receiver.wrongBytes == 0 && receiver.strayPieces == 0,
                "buffers \(name): \(receiver.wrongBytes) bytes are wrong, \(receiver.strayPieces) pieces astray")
            checks.expect(returning != .whenFull || receiver.flushesWhenFull > 0, "the small ring was never full")
        }
    }

    /// Sends and receives in turns, two pages on the way at the most: a burst would use up the area by itself.
    private static func receive(
        _ bytes: UInt64, into receiver: inout ZCRXReceiver, over connection: LoopbackConnection,
        _ returning: ZCRXReceiver.Returning
    ) throws(SystemCallError) -> CInt {
        let stream = StreamBytes()
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
        defer { page.deallocate() }
        var sent = receiver.receivedBytes
        let end = sent + bytes
        return try receiver.receive(bytes, from: connection.receiver, returning: returning) {
            received throws(SystemCallError) in
            while sent < end, sent - received < 8192 {
                stream.write(at: sent, to: page)
                let result = ctr_send(connection.sender, page.baseAddress, page.count)
                if result == -Int(EINTR) { continue }
                guard result == page.count else {
                    throw SystemCallError(
                        "send", errno: CInt(truncatingIfNeeded: min(result, 0)), hint: "\(result) bytes")
                }
                sent += UInt64(page.count)
            }
        }
    }

    @Sendable
    private static func exitsAbruptly(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        let canClone = try canClone(&checks)
        for onWorker in [false, true] {
            for isExported in canClone ? [false, true] : [false] {
                let connection = try LoopbackConnection(receiveBytes: 1 << 16)
                var exported: CInt = -1
                do {
                    var receiver = try ZCRXFixture.receiver()
                    if isExported {
                        let export = ZCRXQueue.control(
                            CTR_ZCRX_EXPORT, of: receiver.queue.identifier, in: receiver.ring.descriptor)
                        try SystemCallError.check(export.result, "ZCRX_CTRL_EXPORT")
                        exported = export.descriptor
                    }
                    // On a worker the payload is there first; in the task it comes while the receive waits.
                    if onWorker { _ = ctr_send(connection.sender, [UInt8](repeating: 0, count: 16), 16) }
                    receiver.ring.queueReceive(
                        from: connection.receiver, through: receiver.queue.identifier, onWorker: onWorker)
                    try receiver.ring.submit(awaiting: 0)
                    if !onWorker { _ = ctr_send(connection.sender, [UInt8](repeating: 0, count: 16), 16) }
                }
                // The exit goes on behind our back; the socket closes in the middle of it.
                usleep(300)
                withExtendedLifetime(connection) {}
                if exported >= 0 { close(exported) }
                try expectWorking(&checks)
            }
        }
    }

    /// The kernel still registers and delivers.
    private static func expectWorking(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        var receiver = try ZCRXFixture.receiver()
        let connection = try LoopbackConnection(receiveBytes: 1 << 16)
        let result = try receive(4096, into: &receiver, over: connection, .eagerly)
        checks.expect(
            result == 0 && receiver.wrongBytes == 0, "a page afterwards: \(ErrnoName.text(of: Int(result)))")
    }
}
