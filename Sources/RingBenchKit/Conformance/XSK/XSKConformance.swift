import TokenRing
import TokenRingXDP

/// `ringbench conformance --suite xsk`: the kernel's AF_XDP selftests against this kernel, through TokenRing's own rings.
public struct XSKConformance: Sendable {
    /// Ids of all cases, in order.
    public static var caseIDs: [String] { XSKCase.all.map(\.id) }

    /// Cases to run: ids, or rows for all their variants.
    public var cases: [String]?
    /// Modes to run them in.
    public var modes = [XSKMode(.skb), XSKMode(.skb, busyPoll: true), XSKMode(.drv), XSKMode(.drv, busyPoll: true)]
    /// Two interfaces of this namespace that see each other's packets; nil: a virtual wire of its own.
    public var interfaces: (receiver: String, sender: String)?

    /// Every case in every mode that a virtual wire has.
    public init() {}

    /// Runs them.
    ///
    /// - Throws: `Failure`: `.usage` for a case that there is none of; `.privilege` naming the capability; `.unavailable` for
    ///   an interface that is not there.
    public func run(progress: Progress) throws(Failure) -> XSKReport {
        let chosen = try chosenCases()
        try Capability.require([.netAdmin, .netRaw, .sysAdmin, .bpf], for: "conformance --suite xsk")
        let link =
            if let interfaces {
                try XSKLink(interface: interfaces.receiver, peer: interfaces.sender)
            } else {
                try XSKLink()
            }
        // One thread, which goes between the namespaces; the others of this process stay where they are.
        let verdicts: [XSKVerdict]
        do throws(SystemCallError) {
            verdicts = try PinnedThread<[XSKVerdict]> {
                modes.flatMap { mode in Self.run(chosen, XSKBench(link: link, mode: mode), progress) }
            }.join()
        } catch {
            throw Failure(error)
        }
        return XSKReport(modes: modes.map(\.name), cases: verdicts)
    }

    private func chosenCases() throws(Failure) -> [XSKCase] {
        guard let cases else { return XSKCase.all }
        for id in cases where !XSKCase.all.contains(where: { $0.id == id || $0.row == id }) {
            throw Failure(
                .usage, "there is no case \(id) in suite xsk; there are \(Self.caseIDs.joined(separator: ", "))")
        }
        return XSKCase.all.filter { cases.contains($0.id) || cases.contains($0.row) }
    }

    private static func run(_ cases: [XSKCase], _ bench: XSKBench, _ progress: Progress) -> [XSKVerdict] {
        let driver = (try? bench.link.enter(.receiver))?.driver ?? "unknown"
        var verdicts: [XSKVerdict] = []
        // The MTU changes twice in a mode, not with every case.
        for isJumbo in [false, true] {
            let part = cases.filter { $0.isJumbo == isJumbo }
            guard !part.isEmpty else { continue }
            let preparation = outcome { () throws(XSKEnding) in
                if isJumbo { try bench.link.setMTU(XSKBench.jumboMTU) }
                return ""
            }
            for one in part where !Interrupt.isRequested {
                progress.step("\(bench.mode.name): \(one.id) \(one.name)")
                let (outcome, detail) =
                    preparation.outcome == .pass
                    ? Self.outcome { () throws(XSKEnding) in try one.run(bench) } : preparation
                verdicts.append(
                    XSKVerdict(
                        id: one.id, name: one.name, mechanism: driver, mode: bench.mode.name, outcome: outcome,
                        expected: one.expected, detail: detail))
            }
            if isJumbo { try? bench.link.setMTU(XSKBench.mtu) }
        }
        let order = cases.map(\.id)
        return verdicts.sorted { order.firstIndex(of: $0.id) ?? 0 < order.firstIndex(of: $1.id) ?? 0 }
    }

    private static func outcome(
        of body: () throws(XSKEnding) -> String
    ) -> (outcome: XSKVerdict.Outcome, detail: String) {
        do throws(XSKEnding) {
            return (.pass, try body())
        } catch {
            switch error {
            case .fail(let what): return (.fail, what)
            case .skip(let why): return (.skipped, why)
            }
        }
    }
}
