import ArgumentParser
import RingBenchKit

/// Where the two CPUs of a measurement have to lie.
struct PlaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the CPUs have to lie: usual, any, or so many nanoseconds for a cache line to go there and back.",
            discussion: """
                A hypervisor moves the CPUs of a virtual machine; each repetition waits until they lie there. To compare runs give all \
                of them the same, as conditions.place of a result has it.
                """))
    var place = CPUPlace.Rule.usual
}

extension CPUPlace.Rule: ExpressibleByArgument {
    /// `usual`, `any`, or nanoseconds.
    public init?(argument: String) {
        switch argument {
        case "usual": self = .usual
        case "any": self = .any
        default:
            guard let nanoseconds = Double(argument), nanoseconds > 0, nanoseconds < 1e6 else { return nil }
            self = .roundTrip(nanoseconds)
        }
    }

    /// For the help.
    public var defaultValueDescription: String { "usual" }
}
