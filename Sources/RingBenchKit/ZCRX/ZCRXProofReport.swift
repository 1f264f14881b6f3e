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

    private enum CodingKeys: String, CodingKey {
        case evidence, mode, pieces, restarts, verdict, findings
        case receivedBytes = "received_bytes"
        case wrongBytes = "wrong_bytes"
        case strayPieces = "stray_pieces"
        case returnedBuffers = "returned_buffers"
        case entriesLeft = "entries_left"
        case flushesWhenFull = "flushes_when_full"
        case areaBuffers = "area_buffers"
        case buffersAtEnd = "buffers_at_end"
        case refillEntries = "refill_entries"
    }

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
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(evidence, forKey: .evidence)
        try container.encode(mode, forKey: .mode)
        try container.encode(receivedBytes, forKey: .receivedBytes)
        try container.encode(wrongBytes, forKey: .wrongBytes)
        try container.encode(pieces, forKey: .pieces)
        try container.encode(strayPieces, forKey: .strayPieces)
        try container.encode(returnedBuffers, forKey: .returnedBuffers)
        try container.encode(entriesLeft, forKey: .entriesLeft)
        try container.encode(flushesWhenFull, forKey: .flushesWhenFull)
        try container.encode(restarts, forKey: .restarts)
        try container.encode(areaBuffers, forKey: .areaBuffers)
        try container.encode(buffersAtEnd, forKey: .buffersAtEnd)
        try container.encode(refillEntries, forKey: .refillEntries)
        try container.encode(isProved ? "ok" : "fail", forKey: .verdict)
        try container.encode(findings, forKey: .findings)
    }
}
