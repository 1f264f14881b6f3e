import TokenRingXDP

/// What a receiver or sender did since it last told.
struct XDPInterval: Encodable {
    private let name: String
    private let evidence: Evidence
    private let seconds: Double
    private let now: XDPLiveLine.Sample
    private let packets: UInt64
    private let bytes: UInt64
    private let batches: UInt64
    private let calls: XDPCalls
    /// Packets that were dropped or not taken, by their key and in words.
    private let drops: [(key: String, words: String, count: UInt64)]
    private let queues: [Queue]

    /// One of several queues.
    private struct Queue: Encodable {
        let queue: UInt32
        let packetsPerSecond: Double

        func encode(to encoder: any Encoder) throws {
            try encoder.write(["queue": queue, "packets_per_s": packetsPerSecond])
        }
    }

    init(
        _ name: String, _ evidence: Evidence, from last: XDPLiveLine.Sample, to now: XDPLiveLine.Sample, seconds: Double
    ) {
        (self.name, self.evidence, self.now, self.seconds) = (name, evidence, now, seconds)
        packets = now.packets - last.packets
        bytes = now.bytes - last.bytes
        batches = now.batches - last.batches
        calls = XDPCalls(wakeups: now.calls.wakeups - last.calls.wakeups, waits: now.calls.waits - last.calls.waits)
        queues = now.queues.enumerated().map { position, row in
            let before = last.queues.isEmpty ? 0 : last.queues[position].packets
            return Queue(queue: row.queue, packetsPerSecond: Double(row.packets - before) / seconds)
        }
        let (old, new) = (last.statistics, now.statistics)
        drops = [
            ("rx_ring_full", "RX full", new.receiveRingFull - old.receiveRingFull),
            ("rx_fill_ring_empty_descs", "FILL empty", new.receiveFillRingEmpty - old.receiveFillRingEmpty),
            ("rx_dropped", "dropped", new.receiveDropped - old.receiveDropped),
            ("tx_invalid_descs", "TX invalid", new.transmitInvalidDescriptors - old.transmitInvalidDescriptors),
            ("refused", "refused", (now.refused ?? 0) - (last.refused ?? 0)),
        ]
    }

    private var packetsPerSecond: Double { Double(packets) / seconds }
    private var bitsPerSecond: Double { Double(bytes) * 8 / seconds }
    private var packetsPerBatch: Double { Double(packets) / Double(max(batches, 1)) }
    private var callsPerPacket: Double { Double(calls.all) / Double(max(packets, 1)) }

    /// What the line says, and how long it was.
    func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "name": name, "evidence": evidence, "interval_s": seconds, "packets": now.packets,
            "packets_per_s": packetsPerSecond, "bits_per_s": bitsPerSecond, "packets_per_batch": packetsPerBatch,
            "wakeups": calls.wakeups, "calls_per_packet": callsPerPacket, "kernel_frames": now.posted,
            "frames": now.frames, "queues": queues.isEmpty ? nil : queues,
            "drops": Dictionary(uniqueKeysWithValues: drops.map { ($0.key, $0.count) }),
        ])
    }

    /// A line for people.
    var text: String {
        let drops = drops.filter { $0.count > 0 }.map { "\($0.words) \($0.count)" }
        let queues = queues.map { "queue \($0.queue) \(($0.packetsPerSecond / 1e6).text(3)) Mpps" }
        return
            ([
                "\(name): \(now.packets) packets", "\((packetsPerSecond / 1e6).text(3)) Mpps",
                "\((bitsPerSecond / 1e9).text(3)) Gbit/s (L2)", "batch \(packetsPerBatch.text(1))",
                "wakeups \(calls.wakeups)", "calls/packet \(callsPerPacket.text(3))",
                "kernel has \(now.posted) of \(now.frames) frames",
            ] + queues + [
                drops.isEmpty ? "no drops" : "drops: " + drops.joined(separator: ", ")
            ]).joined(separator: ", ")
    }
}
