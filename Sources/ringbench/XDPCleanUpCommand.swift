import ArgumentParser
import RingBenchKit

struct XDPCleanUpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Removes the XDP program that a killed AF_XDP program left on an interface, and says what it removed.",
        discussion: """
            What ringbench attaches goes with its process; what was attached over netlink or through libxdp's dispatcher stays. A \
            program that a link holds is in use and is left alone, and so is one that is not of AF_XDP, unless forced. Exits \
            with 1 if something was left.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Interface.", valueName: "if"))
    var interface: String

    @Flag(name: .long, help: "Remove a program that is not of AF_XDP, too.")
    var force = false

    @OptionGroup var output: OutputOptions

    private struct Section: Encodable {
        let found: [XDPCleanUp.Found]
    }

    func run() throws {
        try reportingFailures {
            let sink = try output.open()
            let found = try XDPCleanUp.run(interface: interface, force: force)
            let document = ResultDocument(
                command: "xdp cleanup", options: ["interface": interface, "force": "\(force)"],
                environment: HostEnvironment(), interrupted: Interrupt.isRequested,
                section: XDPSection(xdp: Section(found: found)))
            let nothing = "nothing to remove: no XDP program is attached to \(interface)"
            try output.emit(
                document, text: found.isEmpty ? nothing : found.map(\.sentence).joined(separator: "\n"), to: sink)
            if found.contains(where: { !$0.isRemoved }) { throw ArgumentParser.ExitCode(1) }
        }
    }
}
