import TokenRingXDP

/// What was around a measured run of AF_XDP: on which interfaces, and what disturbed it.
public struct XDPSurroundings: Sendable {
    /// As they were when measuring began.
    public let interfaces: [InterfaceEnvironment]
    /// What happened to this process and its machine meanwhile.
    public let conditions: MeasuringConditions
}

/// The time in which an AF_XDP command measures, from when it is made to when it is ended.
struct XDPWindow {
    private let interfaces: [InterfaceEnvironment]
    private var window: MeasuringWindow

    /// Reads the interfaces, in the calling thread's network namespace, and begins.
    init(on names: String...) { self.init(on: names) }

    /// The same with the names in an array.
    init(on names: [String]) {
        interfaces = Set(names).sorted().map(InterfaceEnvironment.init)
        window = MeasuringWindow()
    }

    /// Counts where the CPUs lay during a repetition.
    mutating func add(_ visits: CPUPlace.Visits) { window.add(visits) }

    /// What was around it, and where the CPUs had to lie; says what disturbed it.
    func end(in place: CPUPlace? = nil, _ progress: Progress) -> XDPSurroundings {
        let conditions = MeasuringConditions(place: place, disturbances: window.end())
        conditions.warn(progress)
        return XDPSurroundings(interfaces: interfaces, conditions: conditions)
    }
}
