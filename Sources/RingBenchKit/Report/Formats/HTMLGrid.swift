/// A grid of outcomes: a glyph a cell, and its colour.
struct HTMLGrid {
    let grid: OutcomeGrid

    init(_ grid: OutcomeGrid) { self.grid = grid }

    var text: String {
        let heads = grid.columns.map { "<th scope=\"col\"><span>\(HTMLReport.escaped($0))</span></th>" }.joined()
        let rows = grid.rows.map { row in
            """
            <tr><th scope="row" title="\(HTMLReport.escaped(row.name))"><b>\(HTMLReport.escaped(row.id))</b> \(HTMLReport.escaped(row.name))</th>\
            \(row.outcomes.map(cell).joined())</tr>
            """
        }
        return """
            <figure class="grid" id="grid-\(grid.id)">
            <figcaption>\(HTMLReport.escaped(grid.caption))</figcaption>
            <p class="legend">\(grid.outcomes.map(legend).joined(separator: " "))</p>
            <div class="scroll" tabindex="0"><table>
            <thead><tr><td></td>\(heads)</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table></div>
            </figure>
            """
    }

    private func cell(_ outcome: OutcomeGrid.Outcome?) -> String {
        guard let outcome else { return "<td></td>" }
        return "<td class=\"\(outcome.rawValue)\">\(outcome.glyph)</td>"
    }

    private func legend(_ outcome: OutcomeGrid.Outcome) -> String {
        """
        <span class="entry"><span class="swatch \(outcome.rawValue)">\(outcome.glyph)</span> \(outcome.meaning): \
        \(grid.count(outcome))</span>
        """
    }
}
