import SystemPackage
import TokenRing

/// What `ringbench inspect` shows of a region.
public struct RegionReport: Encodable, Sendable {
    /// One row a ring, in the header's order.
    public let rings: [Row]

    /// A ring, as JSON has it.
    public struct Row: Encodable, Sendable {
        let ring: RingInspection

        private enum CodingKeys: String, CodingKey {
            case kind, publication, capacity, producer, consumer, used, consistent
            case entryBytes = "entry_bytes"
            case producerAsks = "producer_needs_wakeup"
            case consumerAsks = "consumer_needs_wakeup"
            case producerIsClaimed = "producer_claimed"
            case consumerIsClaimed = "consumer_claimed"
        }

        /// Flat, with the derived values.
        public func encode(to encoder: any Encoder) throws {
            var row = encoder.container(keyedBy: CodingKeys.self)
            try row.encode("\(ring.kind)", forKey: .kind)
            try row.encode("\(ring.publication)", forKey: .publication)
            try row.encode(ring.capacity, forKey: .capacity)
            try row.encode(ring.entryBytes, forKey: .entryBytes)
            try row.encode(ring.producer, forKey: .producer)
            try row.encode(ring.consumer, forKey: .consumer)
            try row.encode(ring.used, forKey: .used)
            try row.encode(ring.isConsistent, forKey: .consistent)
            try row.encode(ring.producerAsks, forKey: .producerAsks)
            try row.encode(ring.consumerAsks, forKey: .consumerAsks)
            try row.encode(ring.producerIsClaimed, forKey: .producerIsClaimed)
            try row.encode(ring.consumerIsClaimed, forKey: .consumerIsClaimed)
        }
    }

    /// Attaches to the region behind `path`, such as /proc/PID/fd/N, and looks.
    ///
    /// - Throws: `Failure`: `.systemCall` if it cannot be opened, `.usage` if it is no region that is wholly understood.
    public init(path: String) throws(Failure) {
        let file: OwnedDescriptor
        do {
            file = OwnedDescriptor(try FileDescriptor.open(FilePath(path), .readWrite, options: .closeOnExec))
        } catch {
            throw Failure(
                .systemCall,
                "cannot open \(path): \(error); give the descriptor of a running process, /proc/PID/fd/N")
        }
        do {
            rings = try RingRegion.attach(file).inspect().map(Row.init)
        } catch {
            throw Failure(.usage, "\(path) is no token ring region: \(error)")
        }
    }

    /// The table that a terminal shows.
    public var text: String {
        var table = TextTable([
            "ring", "kind", "published", "slots", "entry B", "producer", "consumer", "used", "asks for a wakeup",
            "claimed", "consistent",
        ])
        for (number, row) in rings.enumerated() {
            let ring = row.ring
            func who(_ producer: Bool, _ consumer: Bool) -> String {
                let names = [producer ? "producer" : nil, consumer ? "consumer" : nil].compactMap { $0 }
                return names.isEmpty ? "nobody" : names.joined(separator: ", ")
            }
            table.add([
                "\(number)", "\(ring.kind)", "by \(ring.publication)", "\(ring.capacity)", "\(ring.entryBytes)",
                "\(ring.producer)",
                "\(ring.consumer)", "\(ring.used)", who(ring.producerAsks, ring.consumerAsks),
                who(ring.producerIsClaimed ?? false, ring.consumerIsClaimed ?? false),
                ring.isConsistent ? "yes" : "no: more than a ring apart",
            ])
        }
        return table.text
    }
}
