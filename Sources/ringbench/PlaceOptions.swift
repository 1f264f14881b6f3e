import ArgumentParser

/// Where the two CPUs of a measurement have to lie.
struct PlaceOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Measure wherever a hypervisor has just put the two CPUs.",
            discussion: "Otherwise each repetition waits, for two seconds at most, until they lie where they mostly do."
        ))
    var anyPlace = false
}
