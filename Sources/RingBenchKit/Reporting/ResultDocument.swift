import FoundationEssentials

/// What `--json` prints: one object with the schema, what was run where, and the command's own keys beside them.
public struct ResultDocument<Section: Encodable>: Encodable {
    /// The subcommand.
    public let command: String
    /// Every effective option by its long name.
    public let options: [String: String]
    /// Where it ran.
    public let environment: HostEnvironment
    /// Whether Ctrl-C cut it short.
    public let interrupted: Bool
    /// The command's own keys, on the top level.
    public let section: Section

    /// A document around `section`.
    public init(
        command: String, options: [String: String], environment: HostEnvironment, interrupted: Bool, section: Section
    ) {
        self.command = command
        self.options = options
        self.environment = environment
        self.interrupted = interrupted
        self.section = section
    }

    /// Writes the common keys and the section's into one object.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "schema": ResultFile.schema, "command": command, "options": options, "environment": environment,
            "interrupted": interrupted,
        ])
        try section.encode(to: encoder)
    }

    /// The JSON text, keys sorted so that two runs can be compared line by line.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
