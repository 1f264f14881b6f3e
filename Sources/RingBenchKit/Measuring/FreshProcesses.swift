/// That each repetition is made in a process of its own, by which program and where.
struct FreshProcesses: Sendable {
    /// This program, which knows the subcommands for it.
    let program: String
    /// Where its two CPUs have to lie; nil asks for nothing.
    let place: CPUPlace?

    /// Looks where the CPUs lie, if they are to stay there; nil without a program.
    init?(by program: String?, on cpus: (Int?, Int?), inPlace: Bool) throws(Failure) {
        guard let program else { return nil }
        self.program = program
        place = inPlace ? try CPUPlace.find(cpus.0, cpus.1) : nil
    }
}
