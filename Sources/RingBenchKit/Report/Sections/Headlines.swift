/// The figures to see first: nothing that a section does not have.
struct Headlines {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var all: [ReportHeadline] { [cost, idle, ring, conformance, packets].compactMap { $0 } }

    /// Today's kernel beside the proposal.
    private var cost: ReportHeadline? {
        guard let rows = input.of(.proposals).first?.root["proposals"].elements, let first = rows.first,
            let ours = rows.first(where: { $0["name"].string == Self.proposal }),
            let before = ReportQuantity(first, ProposalFigures.totalKey, withInterval: false),
            let after = ReportQuantity(ours, ProposalFigures.totalKey, withInterval: false),
            let most = ReportQuantity(ours, ProposalFigures.boundKey, withInterval: false)
        else { return nil }
        return ReportHeadline(
            label: "CPU time of a token, \(first["name"].text) to \(Self.proposal)",
            figure: "\(before.value.text(0)) \u{2192} \(after.value.text(0)) ns",
            evidence: before.evidence == after.evidence ? after.evidence : .kernelAndModel,
            note: "\(most.value.text(0)) ns at most, if softirq has to do what recvmsg does")
    }

    private var idle: ReportHeadline? {
        guard let file = input.of(.profile).first, let first = file.root["proposals"].elements.first,
            let array = file.root["proposals"].elements.first(where: { $0["name"].string == "sockopt-uref" }),
            let before = first[ProfileFigures.idleKey].number, let after = array[ProfileFigures.idleKey].number,
            let interval = Bootstrap.Interval(array["\(ProfileFigures.idleKey)_ci95"])
        else { return nil }
        let published = file.root["published"]
        return ReportHeadline(
            label: "Worker idle, xarray to array of counters",
            figure: "\(before.text(1)) \u{2192} \(after.text(1)) %", evidence: .kernelAndModel,
            note: """
                95 %: \(interval.low.text(1)) to \(interval.high.text(1)); published \
                \(published["before_worker_idle_percent"].text) \u{2192} \(published["after_worker_idle_percent"].text) %
                """)
    }

    private var ring: ReportHeadline? {
        let name = RingImplementation.tokenRing.rawValue
        guard let rows = input.of(.ring).first?.root["ring"].elements.filter({ $0["implementation"].string == name }),
            let best = rows.min(by: { $0["ns_per_entry"].number ?? .infinity < $1["ns_per_entry"].number ?? .infinity }
            ),
            let time = best["ns_per_entry"].number, let ratio = best["paired_ratio_to_lower_bound"].number
        else { return nil }
        return ReportHeadline(
            label: "An entry of \(best["entry_bytes"].text) B through the ring, batch \(best["batch"].text)",
            figure: "\(time.text(2)) ns", evidence: .model, note: "\(ratio.text(2)) of the lower bound in C")
    }

    private var conformance: ReportHeadline? {
        guard let file = input.of(.conformance).first else { return nil }
        let totals = file.root["totals"]
        return ReportHeadline(
            label: "Conformance: \(file.root["cases"].elements.count) cells",
            figure: "\(totals["fail"].text) fail", evidence: .model,
            note: "\(totals["pass"].text) pass, \(totals["known-defect"].text) known defects of what was posted")
    }

    private var packets: ReportHeadline? {
        guard let demo = input.of(.demo).first?.section, let received = demo["frames_received"].number,
            let rate = demo["frames_per_s"].number
        else { return nil }
        return ReportHeadline(
            label: "Packets through AF_XDP, \(demo["mode"]["granted"].text) mode",
            figure: "\(received.text(0))", evidence: .kernel,
            note:
                "\(demo["frames_lost"].text) lost, \(demo["frames_corrupt"].text) changed; \((rate / 1e6).text(2)) M/s")
    }

    /// The proposal of this project.
    private static let proposal = "mapped-ring"
}
