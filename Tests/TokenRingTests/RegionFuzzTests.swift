import CTokenRing
import RingTestSupport
import Testing
import TokenRing

/// Seeded random headers: attach either understands all of it or throws, and what it accepts can be used safely.
@Suite("Region fuzz")
struct RegionFuzzTests {
    /// Values that sit on a boundary of some check.
    static let boundaries: [UInt64] = [
        0, 1, 2, 3, 4, 7, 8, 16, 17, 64, 128, 960, 1024, 4096, 8192, 1 << 22, 1 << 31, 1 << 32, .max, .max - 3,
        .max - 7,
        UInt64(UInt32.max),
    ]

    /// Changes some bytes, words or boundary values of the header.
    private func mutate(_ forged: inout ForgedRegion, _ random: inout SplitMix64) {
        withUnsafeMutableBytes(of: &forged.header) { bytes in
            // Mostly the fields in use: the fixed part and the first rings.
            let reach = Bool.random(using: &random) ? 64 + 3 * 56 : bytes.count
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch UInt8.random(in: 0..<4, using: &random) {
                case 0:
                    let bit = Int.random(in: 0..<reach * 8, using: &random)
                    bytes[bit / 8] ^= 1 << (bit % 8)
                case 1:
                    bytes[Int.random(in: 0..<reach, using: &random)] = .random(in: 0 ... .max, using: &random)
                case 2:
                    let word = Int.random(in: 2..<reach / 4, using: &random)
                    let value = UInt32(truncatingIfNeeded: Self.boundaries.randomElement(using: &random) ?? 0)
                    bytes.storeBytes(of: value, toByteOffset: word * 4, as: UInt32.self)
                default:
                    let word = Int.random(in: 1..<reach / 8, using: &random)
                    let value = Self.boundaries.randomElement(using: &random) ?? 0
                    bytes.storeBytes(of: value, toByteOffset: word * 8, as: UInt64.self)
                }
            }
        }
    }

    /// Uses every ring of a region that was accepted, once around and more.
    private func use<Entry: PhasedEntry & BitwiseCopyable>(
        _ region: RingRegion, _ ring: Int, _ entry: Entry
    ) throws {
        switch region.publication {
        case .index: use(try region.takeProducer(of: ring), try region.takeConsumer(of: ring), entry)
        case .slot: use(try region.takeSlotProducer(of: ring), try region.takeSlotConsumer(of: ring), entry)
        }
    }

    private func use<Memory: RingMemory>(
        _ producer: consuming ProducerRing<Memory>, _ consumer: consuming ConsumerRing<Memory>, _ entry: Memory.Entry
    ) {
        let capacity = producer.capacity
        for _ in 0..<3 {
            let batch = producer.reserve(upTo: capacity)
            for offset in 0..<batch.count { producer.write(entry, at: batch[offset]) }
            producer.submit(batch.count)
            #expect(batch.count == capacity)
            #expect(takeAll(from: &consumer).count == Int(capacity))
        }
    }

    /// Attaches and, when that is accepted, uses it.
    private func attach(_ forged: ForgedRegion) throws -> Bool {
        let region: RingRegion
        do {
            region = try forged.attach()
        } catch let error as RegionError {
            #expect(error.description.isEmpty == false)
            return false
        }
        for (number, ring) in region.rings.enumerated() {
            switch ring.kind {
            case .delivery: try use(region, number, FragDescriptor())
            case .returning: try use(region, number, TokenRange())
            }
        }
        return true
    }

    @Test("10 000 mutations of a valid header are each attached whole or refused", arguments: [1, 2, 3, 4] as [UInt64])
    func mutations(seed: UInt64) throws {
        let valid = try ForgedRegion([
            RingSpecification(.delivery, capacity: 8), RingSpecification(.returning, capacity: 16),
            RingSpecification(.returning, capacity: 1),
        ])
        var random = SplitMix64(seed: seed)
        var accepted = 0
        for _ in 0..<2500 {
            var forged = valid
            mutate(&forged, &random)
            if try attach(forged) { accepted += 1 }
        }
        #expect(accepted > 0, "mutations of unused rings are harmless")
        #expect(accepted < 2500)
    }

    @Test("random bytes are refused")
    func garbage() throws {
        var random = SplitMix64(seed: 99)
        var forged = try ForgedRegion([RingSpecification(.delivery, capacity: 8)])
        for round in 0..<500 {
            withUnsafeMutableBytes(of: &forged.header) { bytes in
                for index in bytes.indices { bytes[index] = .random(in: 0 ... .max, using: &random) }
            }
            // Half of them get past the first checks.
            if round % 2 == 0 {
                forged.header.magic = UInt32(TOKEN_RING_MAGIC)
                forged.header.version = UInt32(TOKEN_RING_VERSION)
                forged.header.region_bytes = UInt64(forged.byteCount)
                forged.header.header_bytes = UInt32(MemoryLayout<token_ring_region>.size)
                forged.header.features = 0
                forged.header.reserved = (0, 0, 0, 0)
                forged.header.ring_count = forged.header.ring_count % 16 + 1
            }
            #expect(try attach(forged) == false)
        }
    }
}
