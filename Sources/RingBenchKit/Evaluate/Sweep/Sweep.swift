import RingKernelModel

/// One quantity of the load, grown step by step, for a few proposals.
public struct Sweep: Sendable {
    /// What `--sweep` calls it.
    public let name: String
    /// What grows, with its unit: one name, or two for a grid.
    public let axes: [String]
    /// Names of the proposals.
    public let proposals: [String]
    /// The steps.
    public let points: [Point]

    /// One step: the values on the axes, and the load.
    public struct Point: Sendable {
        /// One for each axis.
        public let values: [Int]
        /// What is run.
        public let load: Load
    }

    /// Those that are run when a sweep is about tokens as such.
    private static let typical = [
        "sockopt-xarray", "sockopt-uref", "sockopt-hash", "sockopt-rcu", "mapped-ring", "refill-ring",
    ]
    /// Those with rings.
    private static let ringed = ["mapped-ring", "refill-ring", "fill-queue"]

    /// Every sweep.
    public static let all: [Sweep] = [
        returnBatch, fragBytes, outstanding, flows, rings, ringSize,
    ]

    /// The sweep of that name, or nil.
    public static func named(_ name: String) -> Sweep? { all.first { $0.name == name } }

    /// What is common: short runs.
    private static func load(_ change: (inout Load) -> Void) -> Load {
        var load = Load()
        load.tokens = 300_000
        change(&load)
        return load
    }

    /// Tokens returned at a time. `SO_DEVMEM_DONTNEED` takes 128 a call: larger batches are several calls.
    private static let returnBatch = Sweep(
        name: "return-batch", axes: ["return_batch_tokens"], proposals: typical,
        points: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map { batch in
            Point(values: [batch], load: load { $0.returnBatch = batch })
        })

    /// Payload of a fragment: a segment, a page, and a buffer of 16 KiB.
    private static let fragBytes = Sweep(
        name: "frag-bytes", axes: ["frag_bytes"], proposals: typical,
        points: [(1448, 4096), (4096, 4096), (16384, 16384)].map { frag, niov in
            Point(
                values: [frag],
                load: load {
                    $0.fragBytes = frag
                    $0.niovBytes = niov
                    $0.niovs = 134_217_728 / niov
                })
        })

    /// Tokens that the application holds before it returns the oldest, and a pool that is larger by as many.
    private static let outstanding = Sweep(
        name: "outstanding", axes: ["held_tokens"], proposals: typical,
        points: [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20].map { held in
            Point(
                values: [held],
                load: load {
                    $0.heldTokens = held
                    $0.niovs = held + 32768
                    $0.tokens = max($0.tokens, 2 * held)
                })
        })

    private static let flows = Sweep(
        name: "flows", axes: ["flows"], proposals: typical,
        points: [1, 2, 4, 8, 16, 32, 64].map { flows in Point(values: [flows], load: load { $0.flows = flows }) })

    /// Ring sets for 8 flows, all polled by one thread.
    private static let rings = Sweep(
        name: "rings", axes: ["ring_sets"], proposals: ["mapped-ring-thread", "mapped-ring-owned"],
        points: [1, 2, 4, 8].map { rings in
            Point(
                values: [rings],
                load: load {
                    $0.flows = 8
                    $0.rings = rings
                })
        })

    /// Entries of both rings, and fragments that arrive at a time.
    private static let ringSize = Sweep(
        name: "ring-size", axes: ["ring_entries", "burst_frags"], proposals: ringed,
        points: [UInt32(64), 256, 1024, 4096].flatMap { entries in
            [1, 16, 64, 128].map { burst in
                Point(
                    values: [Int(entries), burst],
                    load: load {
                        $0.deliveryEntries = entries
                        $0.returnEntries = entries
                        $0.burstFrags = burst
                    })
            }
        })
}
