/// That each repetition is made in a process of its own, by which program and where.
struct FreshProcesses: Sendable {
    /// This program, which knows the subcommands for it.
    let program: String
    /// Where its two CPUs have to lie; nil asks for nothing.
    let place: CPUPlace?
    let patience: PlacePatience

    /// Finds the place; nil without a program.
    init?(
        by program: String?, on cpus: (Int?, Int?), place rule: CPUPlace.Rule, _ progress: Progress,
        patience: PlacePatience = PlacePatience()
    ) throws(Failure) {
        guard let program else { return nil }
        (self.program, self.patience) = (program, patience)
        place = try CPUPlace.find(rule, cpus.0, cpus.1, progress)
    }
}
