internal import MartletUV

/// A summary for a terminal, or for a file of plain text.
package struct SummaryText {
    private let summary: EventSummary
    private let width: Int
    private let glyphs: TextPlot.Glyphs
    private let isColoured: Bool

    /// - Parameters:
    ///   - width: The characters of a line; at least 40 are used.
    ///   - isTerminal: Whether plots have dots of Braille patterns; otherwise the text is ASCII but for names.
    ///   - isColoured: Whether titles are emphasized by escape sequences.
    package init(_ summary: EventSummary, width: Int = 80, isTerminal: Bool = false, isColoured: Bool = false) {
        self.summary = summary
        self.width = min(max(width, 40), 200)
        glyphs = isTerminal ? .braille : .ascii
        self.isColoured = isColoured
    }

    /// The whole text, with a line feed at its end.
    package var text: String {
        var lines = header
        if summary.totals.requests > 0 {
            lines += [""] + percentiles
            for table in summary.tables { lines += [""] + self.lines(of: table) }
            for plot in summary.plots { lines += [""] + self.plot(plot) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func title(_ text: String) -> String { isColoured ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    /// At most `count` characters, and no invisible ones: names come from outside.
    private func safe(_ text: String, _ count: Int) -> String {
        let text = text.escapingInvisibles()
        return text.count <= count ? text : String(text.prefix(max(0, count - 3))) + "..."
    }

    // MARK: Parts

    private var header: [String] {
        let totals = summary.totals
        let model = [summary.startText("model", "arch"), summary.startText("model", "weight_type")].compactMap(\.self)
        let place = [
            summary.startText("backend", "kind").map { "on \($0)" },
            summary.startText("host", "name").map { "at \($0)" },
        ].compactMap(\.self)
        let rows = [
            ("run", summary.startText("run_id") ?? "without an id"),
            ("started", summary.startText("started_at") ?? "unknown"),
            ("ended", "\(summary.ending), after \(shortNumber(summary.duration)) s"),
            (
                "model",
                "\(summary.startText("model", "name") ?? "unknown") (\(model.joined(separator: ", "))) "
                    + place.joined(separator: " ")
            ),
            (
                "requests",
                "\(shortNumber(Double(totals.requests))), \(shortNumber(Double(totals.errors))) of them errors"
            ),
            (
                "tokens",
                "\(shortNumber(Double(summary.promptTokens))) in (\(shortNumber(Double(summary.cachedTokens))) cached), "
                    + "\(shortNumber(Double(totals.outputTokens))) out"
            ),
        ]
        let lines = rows.map { name, value in title(Self.padded(name, 9)) + safe(value, width - 9) }
        return lines + summary.faults.map { title(Self.padded("note", 9)) + safe($0, width - 9) }
    }

    private var percentiles: [String] {
        // On a narrow terminal the first and the last ones remain.
        let room = max(2, (width - 12) / 11)
        let all = EventSummary.quantiles
        let quantiles = all.prefix((room + 1) / 2) + all.dropFirst((room + 1) / 2).suffix(room / 2)
        let names = quantiles.map { Self.padded($0.name, 11, isRight: true) }.joined()
        return [title(Self.padded("", 12) + names)]
            + summary.measures.map { measure in
                let cells = quantiles.map { quantile in
                    let value = measure.histogram.quantile(quantile.share) ?? 0
                    let unit = measure.unit.isEmpty ? "" : " \(measure.unit)"
                    return Self.padded(shortNumber(value * measure.scale) + unit, 11, isRight: true)
                }
                return Self.padded(measure.title, 12) + cells.joined()
            }
    }

    private func lines(of table: EventSummary.Table) -> [String] {
        let shown = table.rows.prefix(12)
        let valueWidth = max(12, (shown.map(\.value.count).max() ?? 0) + 2)
        let longest = shown.map { $0.name.escapingInvisibles().count }.max() ?? 0
        let nameWidth = max(8, min(width - valueWidth, max(table.title.count, longest)))
        let heading = Self.padded(safe(table.heading, valueWidth), valueWidth, isRight: true)
        var lines = [title(Self.padded(table.title, nameWidth) + heading)]
        for (name, value) in shown {
            lines.append(Self.padded(safe(name, nameWidth), nameWidth) + Self.padded(value, valueWidth, isRight: true))
        }
        if table.rows.count > shown.count { lines.append("and \(table.rows.count - shown.count) more") }
        return lines
    }

    private func plot(_ plot: EventSummary.Plot) -> [String] {
        guard let line = plot.lines.first else { return [] }
        let maximum = line.values.compactMap(\.self).max() ?? 0
        let label = shortNumber(maximum)
        let labelWidth = max(8, label.count)
        let columns = TextPlot(glyphs: glyphs, width: width - labelWidth - 2).lines(line.values, maximum: maximum)
        var lines = [title("\(plot.title), \(line.name)")]
        for (index, row) in columns.enumerated() {
            let text = index == 0 ? label : index == columns.count - 1 ? "0" : ""
            lines.append("\(Self.padded(text, labelWidth, isRight: true)) |\(row)".trimmingTrailingSpaces)
        }
        let end = "\(shortNumber(Double(summary.series.intervals.count) * summary.series.length)) s"
        let axis = "0 s" + Self.padded(end, width - labelWidth - 5, isRight: true)
        lines.append(String(repeating: " ", count: labelWidth + 2) + axis)
        return lines
    }

    private static func padded(_ text: String, _ width: Int, isRight: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return isRight ? space + text : text + space
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String { String(reversed().drop { $0 == " " }.reversed()) }
}
