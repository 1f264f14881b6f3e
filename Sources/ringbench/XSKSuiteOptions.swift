import ArgumentParser
import RingBenchKit

/// What `ringbench conformance` holds to what.
enum ConformanceSuite: String, CaseIterable, ExpressibleByArgument {
    case tokens, xsk
}

/// The options of `ringbench conformance --suite xsk`.
struct XSKSuiteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "skb, drv or zc, comma separated, each without and with busy polling (default: skb,drv).",
            valueName: "modes"))
    var mode: String?

    @Flag(help: "Only without busy polling.")
    var noBusyPoll = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("An interface that receives (default: one end of a wire of its own).", valueName: "if"))
    var interface: String?

    @Option(help: ArgumentHelp("The interface that sends to it.", valueName: "if"))
    var peerInterface: String?

    /// The suite as asked for.
    func conformance(cases: String?) throws(Failure) -> XSKConformance {
        var conformance = XSKConformance()
        if let cases { conformance.cases = cases.split(separator: ",").map(String.init) }
        if conformance.cases?.isEmpty == true { throw Failure(.usage, "--case names none") }
        if let mode { conformance.modes = try Self.modes(mode) }
        if noBusyPoll { conformance.modes.removeAll(where: \.busyPoll) }
        switch (interface, peerInterface) {
        case (let interface?, let peer?): conformance.interfaces = (interface, peer)
        case (nil, nil):
            guard !conformance.modes.contains(where: { $0.path == .zc }) else {
                throw Failure(
                    .usage, "no virtual wire has zero copy: --mode zc takes -i and --peer-interface of a NIC that has")
            }
        default: throw Failure(.usage, "-i and --peer-interface go together; a case needs both ends")
        }
        return conformance
    }

    private static func modes(_ text: String) throws(Failure) -> [XSKMode] {
        var modes: [XSKMode] = []
        for name in text.split(separator: ",") {
            guard let path = XSKMode.Path(rawValue: String(name)) else {
                throw Failure(.usage, "there is no mode \(name); there are skb, drv and zc")
            }
            modes += [XSKMode(path), XSKMode(path, busyPoll: true)]
        }
        guard !modes.isEmpty else { throw Failure(.usage, "--mode names none") }
        return modes
    }

    /// - Throws: `Failure` if one is given, for another suite.
    func requireNone() throws(Failure) {
        guard mode == nil, !noBusyPoll, interface == nil, peerInterface == nil else {
            throw Failure(.usage, "--mode, --no-busy-poll, -i and --peer-interface are of --suite xsk")
        }
    }

    /// The effective options by their long names.
    var described: [String: String] {
        [
            "mode": mode ?? "skb,drv", "no-busy-poll": "\(noBusyPoll)", "interface": interface ?? "veth",
            "peer-interface": peerInterface ?? "veth",
        ]
    }
}
