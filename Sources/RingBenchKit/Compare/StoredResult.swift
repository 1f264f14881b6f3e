import FoundationEssentials

/// What a command printed with `--json`, read back to be compared.
struct StoredResult: Sendable {
    /// The file, or the command that printed it.
    let origin: String
    /// The subcommand.
    let command: String
    let options: [String: String]
    let environment: [String: JSONValue]
    let wasInterrupted: Bool
    let figures: [SampledFigure]

    /// Reads a file.
    ///
    /// - Throws: `Failure` of kind `.usage`, naming the file.
    init(path: String) throws(Failure) {
        guard let text = try ResultText.read(path) else {
            throw Failure(.usage, "\(path) cannot be read; name a result that ringbench wrote with --json -o")
        }
        try self.init(text, from: path)
    }

    /// Reads a document.
    ///
    /// - Throws: `Failure` of kind `.usage`, naming `origin`: not whole, of another schema, or without a measured figure.
    init(_ text: String, from origin: String) throws(Failure) {
        let document: JSONValue
        do {
            document = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        } catch {
            throw Failure(
                .usage, "\(origin) is not a whole JSON object: it was cut short, or is no result; measure it again")
        }
        guard let schema = document["schema"].string else {
            throw Failure(.usage, "\(origin) has no schema: it is not a result that ringbench wrote with --json")
        }
        guard schema == ResultFile.schema else {
            throw Failure(
                .usage,
                "\(origin) has schema \(schema) and this ringbench reads \(ResultFile.schema): compare with the "
                    + "ringbench that wrote it, or measure again")
        }
        self.origin = origin
        command = document["command"].string ?? ""
        options = document["options"].members.compactMapValues(\.string)
        environment = document["environment"].members
        if case .flag(true) = document["interrupted"] { wasInterrupted = true } else { wasInterrupted = false }
        figures = ResultFigures(document).all
        guard !figures.isEmpty else {
            throw Failure(
                .usage, "\(origin) holds no repetition of any figure: the run ended before one; measure it again")
        }
    }
}
