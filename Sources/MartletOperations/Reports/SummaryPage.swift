internal import MartletUV

/// A summary as one HTML page that needs nothing else: no script, no font and no address outside of it.
package struct SummaryPage {
    private let summary: EventSummary

    package init(_ summary: EventSummary) { self.summary = summary }

    /// The whole document.
    package var html: String {
        let run = Self.escaped(summary.startText("run_id") ?? "a run")
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(run)</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <h1>\(run)</h1>
            \(facts)
            \(percentiles)
            \(summary.plots.map(figure).joined(separator: "\n"))
            <div class="tables">
            \(summary.tables.map(html).joined(separator: "\n"))
            </div>
            </body>
            </html>

            """
    }

    private static let style = """
        :root { --text: #1d2430; --soft: #667085; --line: #d9dee7; --page: #ffffff; --first: #1f6feb; --second: #d97706; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #e6e9ef; --soft: #98a2b3; --line: #343b48; --page: #12161d; --first: #6cb0ff; --second: #f5b041; }
        }
        body { color: var(--text); background: var(--page); font: 15px/1.5 system-ui, sans-serif; max-width: 60rem;
          margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .15rem 1rem .15rem 0; border-bottom: 1px solid var(--line); }
        td { overflow-wrap: anywhere; } th, .n { white-space: nowrap; } .n { text-align: right; }
        .wide { overflow-x: auto; }
        .note { color: var(--second); } .tables { display: flex; flex-wrap: wrap; gap: 0 3rem; align-items: flex-start; }
        svg { width: 100%; height: auto; display: block; }
        svg text { fill: var(--soft); font-size: 11px; }
        svg .grid { stroke: var(--line); } svg path { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
        .c0 { stroke: var(--first); } .c1 { stroke: var(--second); }
        .k0 { color: var(--first); } .k1 { color: var(--second); } .key { margin-left: 1rem; font-weight: normal; }
        """

    /// Text from outside in an element or in an attribute.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.escapingInvisibles() {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }

    private static func count(_ number: Int) -> String { shortNumber(Double(number)) }

    // MARK: Parts

    private var facts: String {
        let totals = summary.totals
        let host = [
            summary.startText("host", "name"), summary.startText("host", "os"), summary.startText("host", "arch"),
        ]
        let model = [
            summary.startText("model", "name"), summary.startText("model", "arch"),
            summary.startText("model", "weight_type"),
            summary.startText("backend", "kind"),
        ]
        let rows: [(String, String?)] = [
            ("started", summary.startText("started_at")),
            ("ended", "\(summary.ending), after \(shortNumber(summary.duration)) s"),
            ("model", model.compactMap(\.self).joined(separator: ", ")),
            ("host", host.compactMap(\.self).joined(separator: ", ")),
            ("commit", summary.startText("git", "sha")),
            ("requests", "\(Self.count(totals.requests)), \(Self.count(totals.errors)) of them errors"),
            (
                "tokens",
                "\(Self.count(summary.promptTokens)) in (\(Self.count(summary.cachedTokens)) cached), "
                    + "\(Self.count(totals.outputTokens)) out"
            ),
        ]
        let cells = rows.compactMap { name, value in
            value.map { "<tr><th>\(name)</th><td>\(Self.escaped($0))</td></tr>" }
        }
        let notes = summary.faults.map { "<p class=\"note\">\(Self.escaped($0))</p>" }
        return "<table>\n\(cells.joined(separator: "\n"))\n</table>\n\(notes.joined(separator: "\n"))"
    }

    private var percentiles: String {
        if summary.measures.isEmpty { return "<p>There are no requests.</p>" }
        let names = EventSummary.quantiles.map { "<th class=\"n\">\($0.name)</th>" }.joined()
        let rows = summary.measures.map { measure in
            let cells = EventSummary.quantiles.map { quantile in
                let value = measure.histogram.quantile(quantile.share) ?? 0
                return "<td class=\"n\">\(shortNumber(value * measure.scale)) \(measure.unit)</td>"
            }
            return "<tr><th>\(measure.title)</th>\(cells.joined())</tr>"
        }
        let table = "<table>\n<tr><th></th>\(names)</tr>\n\(rows.joined(separator: "\n"))\n</table>"
        return "<h2>Percentiles</h2>\n<div class=\"wide\">\n\(table)\n</div>"
    }

    private func html(of table: EventSummary.Table) -> String {
        let rows = table.rows.map { name, value in
            "<tr><td>\(Self.escaped(name))</td><td class=\"n\">\(value)</td></tr>"
        }
        return """
            <table>
            <tr><th>\(table.title)</th><th class="n">\(Self.escaped(table.heading))</th></tr>
            \(rows.joined(separator: "\n"))
            </table>
            """
    }

    // MARK: Plots

    private static let size = (width: 720.0, height: 180.0, left: 56.0, bottom: 20.0, top: 8.0)

    private func figure(_ plot: EventSummary.Plot) -> String {
        let maximum = plot.lines.flatMap(\.values).compactMap(\.self).max() ?? 0
        let end = Double(summary.series.intervals.count) * summary.series.length
        let (size, floor) = (Self.size, Self.size.height - Self.size.bottom)
        let keys = plot.lines.enumerated().map { "<span class=\"key k\($0)\">\($1.name)</span>" }.joined()
        let paths = plot.lines.enumerated().map { index, line in
            "<path class=\"c\(index)\" d=\"\(Self.path(line.values, maximum: maximum))\"/>"
        }
        return """
            <h2>\(plot.title)\(keys)</h2>
            <svg viewBox="0 0 \(Int(size.width)) \(Int(size.height))" role="img" aria-label="\(plot.title)">
            <line class="grid" x1="\(size.left)" y1="\(size.top)" x2="\(size.width)" y2="\(size.top)"/>
            <line class="grid" x1="\(size.left)" y1="\(floor)" x2="\(size.width)" y2="\(floor)"/>
            <text x="\(size.left - 6)" y="\(size.top + 8)" text-anchor="end">\(shortNumber(maximum))</text>
            <text x="\(size.left - 6)" y="\(floor)" text-anchor="end">0</text>
            <text x="\(size.left)" y="\(size.height - 5)">0 s</text>
            <text x="\(size.width)" y="\(size.height - 5)" text-anchor="end">\(shortNumber(end)) s</text>
            \(paths.joined(separator: "\n"))
            </svg>
            """
    }

    /// The data of a path through the values at the middle of their intervals. A missing value interrupts it; a single
    /// value is a short line.
    private static func path(_ values: [Double?], maximum: Double) -> String {
        let step = (size.width - size.left) / Double(max(1, values.count))
        var (path, isOpen) = ("", false)
        for (index, value) in values.enumerated() {
            guard let value, maximum > 0 else {
                isOpen = false
                continue
            }
            let x = size.left + (Double(index) + 0.5) * step
            let y = size.top + (1 - value / maximum) * (size.height - size.bottom - size.top)
            path += "\(isOpen ? "L" : "M")\(rounded(x)) \(rounded(y))\(isOpen ? "" : "h1")"
            isOpen = true
        }
        return path
    }

    private static func rounded(_ value: Double) -> String { ((value * 10).rounded() / 10).description }
}
