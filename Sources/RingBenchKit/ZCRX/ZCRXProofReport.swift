import TokenRingZCRX

/// What `ringbench zcrx prove` saw.
public struct ZCRXProofReport: Encodable, Sendable {
    /// Always `kernel`.
    public let evidence: Evidence
    /// How the payload gets into the area: the kernel copies it, there is no device.
    public let mode: String
    /// Bytes received over loopback TCP.
    public let receivedBytes: UInt64
    /// Bytes that were not what was sent.
    public let wrongBytes: UInt64
    /// Completions with payload, a buffer each.
    public let pieces: UInt64
    /// Completions that pointed outside the area.
    public let strayPieces: UInt64
    /// Buffers given back through the refill ring by TokenRing's producer.
    public let returnedBuffers: UInt64
    /// Entries that the kernel had not taken after the last flush.
    public let entriesLeft: UInt32
    /// Times that the refill ring was full and the kernel was made to take what was in it.
    public let flushesWhenFull: UInt64
    /// Times that the kernel found no buffer and the receive was started again.
    public let restarts: UInt64
    /// Buffers of the area.
    public let areaBuffers: UInt64
    /// Buffers that the kernel had at the end: how many pieces came, none given back, before it had none.
    public let buffersAtEnd: UInt64
    /// Slots of the refill ring.
    public let refillEntries: UInt32

    /// What is not as it must be; empty if all is.
    public var findings: [String] {
        var findings: [String] = []
        if wrongBytes > 0 { findings.append("\(wrongBytes) of \(receivedBytes) bytes are wrong") }
        if strayPieces > 0 { findings.append("\(strayPieces) completions point outside the area") }
        if returnedBuffers != pieces { findings.append("\(returnedBuffers) of \(pieces) buffers were returned") }
        if entriesLeft > 0 { findings.append("the kernel left \(entriesLeft) refill entries after a flush") }
        if flushesWhenFull == 0 { findings.append("the refill ring was never full: send more, or take a smaller ring") }
        if buffersAtEnd != areaBuffers {
            findings.append("the kernel had \(buffersAtEnd) of \(areaBuffers) buffers at the end")
        }
        return findings
    }

    /// Whether all is as it must be.
    public var isProved: Bool { findings.isEmpty }

    /// Writes what was seen and what it comes to.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "evidence": evidence, "mode": mode, "received_bytes": receivedBytes, "wrong_bytes": wrongBytes,
            "pieces": pieces, "stray_pieces": strayPieces, "returned_buffers": returnedBuffers,
            "entries_left": entriesLeft, "flushes_when_full": flushesWhenFull, "restarts": restarts,
            "area_buffers": areaBuffers, "buffers_at_end": buffersAtEnd, "refill_entries": refillEntries,
            "verdict": isProved ? "ok" : "fail", "findings": findings,
        ])
    }
}
