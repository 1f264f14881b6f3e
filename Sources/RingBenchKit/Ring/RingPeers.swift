import CRingBaselines
import Glibc

/// Rings of other projects, as far as `make bench-peers` could build an adapter: shared libraries beside this program.
struct RingPeers: Encodable, Sendable {
    /// Those that are there.
    private(set) var contenders: [RingContender] = []
    /// How each of them is used.
    private(set) var remarks: [RingImplementation: String] = [:]
    /// A sentence for each that is not there.
    private(set) var missing: [RingImplementation: String] = [:]

    /// None were asked for.
    static let none = RingPeers()

    /// By their names.
    func encode(to encoder: any Encoder) throws {
        func named(_ texts: [RingImplementation: String]) -> [String: String] {
            Dictionary(uniqueKeysWithValues: texts.map { ($0.key.rawValue, $0.value) })
        }
        try encoder.write([
            "remarks": named(remarks), "missing": named(missing),
        ])
    }

    private init() {}

    /// Loads what is beside this program, or in `folder`.
    ///
    /// - Throws: `Failure` of kind `.unavailable` when none is there.
    init(in folder: String? = nil) throws(Failure) {
        let program = HostFile.destination(ofLink: "/proc/self/exe") ?? "./ringbench"
        let folder =
            folder ?? program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        for implementation in RingImplementation.peers {
            let path = "\(folder)/ringpeer-\(implementation.rawValue).so"
            // Never closed: its code runs until the end.
            guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(library, "crb_peer") else {
                let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
                missing[implementation] =
                    "\(implementation.rawValue) is left out (\(reason)); make bench-peers installs and builds it"
                continue
            }
            let peer = symbol.assumingMemoryBound(to: crb_peer.self).pointee
            remarks[implementation] = String(cString: peer.remark)
            contenders.append(RingContender(implementation, peer))
        }
        guard !contenders.isEmpty else {
            throw Failure(
                .unavailable,
                "--peers: no ring of another project is beside \(program); make bench-peers installs and builds them")
        }
    }
}

extension RingContender {
    /// The ring behind an adapter.
    fileprivate init(_ implementation: RingImplementation, _ peer: crb_peer) {
        // C's function pointers are immutable.
        nonisolated(unsafe) let peer = peer
        self.init(
            implementation: implementation, ringBytes: { Int(peer.ring_bytes($0, $1)) },
            crossesProcesses: peer.has_no_pointers != 0,
            prepare: { arena in
                for ring in 0..<2 { peer.prepare(arena.baselineRing(ring)) }
            },
            produce: { peer.produce($0.baselineRing(0), $1) },
            consume: { peer.consume($0.baselineRing(0), $1) },
            ask: { peer.ask($0.baselineRing(0), $0.baselineRing(1), $1) },
            answer: { peer.answer($0.baselineRing(0), $0.baselineRing(1), $1) })
    }
}
