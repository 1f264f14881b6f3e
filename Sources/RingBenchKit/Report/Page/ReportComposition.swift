extension ReportPage {
    /// The report on these results.
    public init(_ input: ReportInput) {
        let environments = MachineSection(input)
        self.init(
            title: "Handing receive buffers back: the proposals side by side", subtitle: environments.summary,
            headlines: Headlines(input).all,
            sections: [
                environments.section, ProposalsSection(input).section, IdleSection(input).section,
                SweepSection(input).section, ComparisonSection(input).section, RingSection(input).section,
                PercentileSection(input).section, ConformanceSection(input).section, XDPSection(input).section,
                ZeroCopySection(input).section, ReproductionSection(input).section,
            ].compactMap { $0 })
    }
}
