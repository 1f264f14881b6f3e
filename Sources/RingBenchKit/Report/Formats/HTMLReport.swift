/// The report as one page that needs nothing but itself.
struct HTMLReport {
    let page: ReportPage
    let drawings: Drawings

    var text: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(Self.escaped(page.title))</title>
        <style>
        \(ReportStyle.sheet)
        </style>
        </head>
        <body>
        <header>
        <p class="mark">ringbench report</p>
        <h1>\(Self.escaped(page.title))</h1>
        <p class="where">\(Self.escaped(page.subtitle))</p>
        \(headlines)
        <nav aria-label="Sections"><ol>
        \(page.sections.map { "<li><a href=\"#\($0.id)\">\(Self.escaped($0.title))</a></li>" }.joined(separator: "\n"))
        </ol></nav>
        </header>
        <main>
        \(page.sections.map(section).joined(separator: "\n"))
        </main>
        <footer><p>Made by ringbench report. Every figure says its kind: \(Self.kind(.kernel)) this kernel did it, \
        \(Self.kind(.model)) the model did it, or user space alone, \(Self.kind(.kernelAndModel)) a sum of both.</p></footer>
        </body>
        </html>
        """
    }

    private var headlines: String {
        guard !page.headlines.isEmpty else { return "" }
        let cards = page.headlines.map { headline in
            """
            <li><p class="label">\(Self.escaped(headline.label))</p>\
            <p class="figure">\(Self.escaped(headline.figure))\(headline.evidence.map { " " + Self.kind($0) } ?? "")</p>\
            <p class="note">\(Self.escaped(headline.note))</p></li>
            """
        }
        return "<ul class=\"headlines\">\n\(cards.joined(separator: "\n"))\n</ul>"
    }

    private func section(_ section: ReportSection) -> String {
        """
        <section id="\(section.id)">
        <h2>\(Self.escaped(section.title))</h2>
        \(section.blocks.map(block).joined(separator: "\n"))
        </section>
        """
    }

    private func block(_ block: ReportBlock) -> String {
        switch block {
        case .text(let text): "<p>\(Self.escaped(text))</p>"
        case .heading(let text): "<h3>\(Self.escaped(text))</h3>"
        case .table(let table): HTMLTable(table).text
        case .chart(let chart): figure(chart)
        case .grid(let grid): HTMLGrid(grid).text
        case .aside(let title, let blocks):
            """
            <details><summary>\(Self.escaped(title))</summary>
            \(blocks.map(self.block).joined(separator: "\n"))
            </details>
            """
        case .commands(let commands):
            "<pre><code>\(commands.map(Self.escaped).joined(separator: "\n"))</code></pre>"
        case .missing(let what, let kind):
            "<p class=\"missing\">No result was given of \(Self.escaped(what)): <code>\(Self.escaped(kind.command))</code> makes one.</p>"
        }
    }

    private func figure(_ chart: ReportChart) -> String {
        """
        <figure id="chart-\(chart.name)">
        <h3>\(Self.escaped(chart.title))</h3>
        <div class="scroll"><div class="drawing" role="img" aria-label="\(Self.escaped(chart.title))" \
        style="max-width:\(chart.width)px">\(drawings.svg(of: chart))</div></div>
        <figcaption>\(Self.escaped(chart.caption))</figcaption>
        </figure>
        """
    }

    /// The letters of a kind, explained where a pointer rests.
    static func kind(_ evidence: Evidence) -> String {
        let meaning =
            switch evidence {
            case .kernel: "this kernel did it"
            case .model: "the model did it, or user space alone"
            case .kernelAndModel: "a sum of both"
            }
        return "<abbr class=\"kind \(evidence.letters)\" title=\"\(meaning)\">\(evidence.letters)</abbr>"
    }

    static func escaped(_ text: String) -> String {
        var safe = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            default: safe.unicodeScalars.append(character)
            }
        }
        return safe
    }
}
