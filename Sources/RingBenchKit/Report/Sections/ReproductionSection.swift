/// The command lines that made the results.
struct ReproductionSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var section: ReportSection {
        ReportSection(
            id: "reproduce", title: "How to make these figures again",
            blocks: [
                .text("Each result was written by the command beside its name; the report is made of the files."),
                .table(table),
                .commands(["ringbench report \(input.files.map(\.name).joined(separator: " ")) -o report.html"]),
            ])
    }

    private var table: ReportTable {
        ReportTable(
            id: "commands", caption: "Results and their commands", columns: ["file", "command line", "build"],
            rows: input.files.map { file in
                [
                    ReportCell(file.name), ReportCell(file.commandLine),
                    ReportCell(file.root["environment"]["build"].text),
                ]
            })
    }
}
