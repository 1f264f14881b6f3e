/// All results that a report is made of.
public struct ReportInput: Sendable {
    /// In the order in which they were given.
    let files: [ResultFile]

    /// Reads the files.
    ///
    /// - Throws: `Failure`: the first file that holds no result to report, in one sentence.
    public init(reading paths: [String]) throws(Failure) {
        guard !paths.isEmpty else {
            throw Failure(.usage, "no result was named: make one with \(ResultKind.proposals.command)")
        }
        var files: [ResultFile] = []
        for path in paths { files.append(try ResultFile(reading: path)) }
        self.files = files
    }

    init(_ files: [ResultFile]) { self.files = files }

    /// The results of one kind.
    func of(_ kind: ResultKind) -> [ResultFile] { files.filter { $0.kind == kind } }

    /// Blocks for each result of a kind, under the file's name where there are several; the command that makes one where there is none.
    func blocks(_ kind: ResultKind, _ what: String, _ make: (ResultFile, String) -> [ReportBlock]) -> [ReportBlock] {
        let results = of(kind)
        guard !results.isEmpty else { return [.missing(what, kind)] }
        return results.enumerated().flatMap { number, file in
            let head: [ReportBlock] = results.count > 1 ? [.heading("\(file.name), \(file.started)")] : []
            // Names of tables and charts must be unique on the page.
            return head + notices(file) + make(file, number == 0 ? "" : "-\(number + 1)")
        }
    }

    /// What must stand beside every figure: that a run was not whole, was disturbed, or was slowed down to be found out.
    private func notices(_ file: ResultFile) -> [ReportBlock] {
        var notices = file.root["conditions"]["warnings"].elements.map { "\(file.name): \($0.text)." }
        if file.root["interrupted"].text == "yes" {
            notices.append("\(file.name) was interrupted: it holds what had been measured by then.")
        }
        if let slowed = file.root["slowed_on_purpose"]["name"].string {
            notices.append("\(file.name): \(slowed) was slowed down on purpose, its row is none of the proposal.")
        }
        return notices.map(ReportBlock.text)
    }
}
