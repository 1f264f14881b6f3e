/// What a result is of. One section of the report shows it.
enum ResultKind: String, CaseIterable, Sendable {
    case proposals, profile, sweep, ring, conformance, xskSuite, comparison, demo, receive, compare, tokens, proof,
        zcrxProof, zcrxSelftest

    /// The command that makes one; the report says it where a result is missing.
    var command: String {
        switch self {
        case .proposals: "ringbench evaluate --proposals all --json -o evaluate.json"
        case .profile: "ringbench evaluate --profile kperf --json -o kperf.json"
        case .sweep:
            "ringbench evaluate --sweep \(Sweep.all.map(\.name).joined(separator: ",")) --json -o sweep.json"
        case .ring: "ringbench ring --json -o ring.json"
        case .conformance: "ringbench conformance --json -o conformance.json"
        case .xskSuite: "ringbench conformance --suite xsk --json -o xsk.json"
        case .comparison: "ringbench compare FIRST.json SECOND.json --json -o compare.json"
        case .demo: "ringbench xdp demo --json -o demo.json"
        case .receive: "ringbench xdp rx -i IF -d 10 --json -o rx.json"
        case .compare: "ringbench xdp compare --json -o xdp-compare.json"
        case .tokens: "ringbench xdp tokens --json -o tokens.json"
        case .proof: "ringbench xdp prove -i IF --peer-interface PEER --json -o prove.json"
        case .zcrxProof: "ringbench zcrx prove --json -o zcrx.json"
        case .zcrxSelftest: "ringbench zcrx selftest --json -o zcrx-selftest.json"
        }
    }

    /// What a result with these keys is of; nil if the report has no section for it.
    init?(_ root: JSONValue) {
        switch root["command"].string {
        case "evaluate" where !root["sweeps"].isNull: self = .sweep
        case "evaluate" where !root["profile"].isNull: self = .profile
        case "evaluate": self = .proposals
        case "ring": self = .ring
        case "conformance": self = root["suite"].string == "xsk" ? .xskSuite : .conformance
        case "compare": self = .comparison
        case "xdp demo": self = .demo
        case "xdp rx": self = .receive
        case "xdp compare": self = .compare
        case "xdp tokens": self = .tokens
        case "xdp prove": self = .proof
        case "zcrx prove": self = .zcrxProof
        case "zcrx selftest": self = .zcrxSelftest
        default: return nil
        }
    }

    /// Where in a result the command's own keys are.
    func section(of root: JSONValue) -> JSONValue {
        switch self {
        case .demo, .receive, .compare, .tokens, .proof: root["xdp"]
        case .zcrxProof: root["zcrx"]
        case .zcrxSelftest: root["selftest"]
        case .comparison: root["comparison"]
        default: root
        }
    }

    /// The key whose array must not be empty; nil where a result is one object.
    private var rowsKey: String? {
        switch self {
        case .proposals, .profile: "proposals"
        case .sweep: "sweeps"
        case .ring: "ring"
        case .conformance, .xskSuite, .zcrxSelftest: "cases"
        case .compare: "cells"
        case .comparison: "figures"
        default: nil
        }
    }

    /// Whether nothing was measured: no row, or not a packet.
    func isEmpty(_ root: JSONValue) -> Bool {
        let section = section(of: root)
        if let rowsKey { return section[rowsKey].elements.isEmpty }
        switch self {
        case .proof: return section["probes"].isNull
        case .zcrxProof: return (section["received_bytes"].number ?? 0) == 0
        default: return (section["frames_received"].number ?? 0) == 0
        }
    }
}
