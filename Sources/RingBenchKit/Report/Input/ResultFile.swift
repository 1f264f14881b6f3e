import FoundationEssentials

/// A result that a command wrote with `--json`.
struct ResultFile: Sendable {
    /// What this program writes and reads.
    static let schema = "ringbench/1"

    /// As it was given.
    let path: String
    let kind: ResultKind
    let root: JSONValue

    /// Reads one.
    ///
    /// - Throws: `Failure`: `.systemCall` for a file that cannot be read, `.usage` for one that holds no result to report; one
    ///   sentence that names the file and what to do.
    init(reading path: String) throws(Failure) {
        guard let text = try ResultText.read(path) else {
            throw Failure(.systemCall, "cannot read \(path): name a file that a command wrote with --json")
        }
        try self.init(text, path: path)
    }

    /// The result in `text`; `path` is for messages.
    init(_ text: String, path: String) throws(Failure) {
        let root: JSONValue
        do {
            root = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        } catch {
            throw Failure(
                .usage, "\(path) is no JSON, or was cut off in the middle: write it again with --json -o \(path)")
        }
        guard let schema = root["schema"].string else {
            throw Failure(.usage, "\(path) is no result of ringbench, it has no schema: name one written with --json")
        }
        guard schema == Self.schema else {
            throw Failure(
                .usage,
                "\(path) has the schema \(schema), and this ringbench reads \(Self.schema): measure again, or report with the "
                    + "ringbench that wrote it")
        }
        guard let kind = ResultKind(root) else {
            throw Failure(
                .usage,
                "\(path) is a result of \(root["command"].text), which the report has no section for: leave it out")
        }
        guard !kind.isEmpty(root) else {
            throw Failure(
                .usage,
                "\(path) is an empty run, nothing was measured\(root["interrupted"].text == "yes" ? " before it was interrupted" : ""): "
                    + "make it again with \(kind.command)")
        }
        self.path = path
        self.kind = kind
        self.root = root
    }

    /// The command's own keys.
    var section: JSONValue { kind.section(of: root) }

    /// Its name without folders.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The command line that made it.
    var commandLine: String {
        let words = root["environment"]["arguments"].elements.compactMap(\.string)
        return words.map(Self.quoted).joined(separator: " ")
    }

    /// The day and time at which it was started, UTC.
    var started: String {
        guard let seconds = root["environment"]["started_unix_s"].number else { return "at an unknown time" }
        let date = Date(timeIntervalSince1970: seconds).formatted(.iso8601).prefix(16)
        return "\(date.replacing("T", with: " ")) UTC"
    }

    /// As a shell takes it for one word.
    private static func quoted(_ word: String) -> String {
        let plain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./,:=+@%".contains($0)) }
        return plain && !word.isEmpty ? word : "'\(word.replacing("'", with: #"'\''"#))'"
    }
}
