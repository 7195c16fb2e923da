import MartletJSON
import MartletUV

/// The upstreams of a gateway, as a table of text.
struct UpstreamTable {
    private static let titles = [
        "UPSTREAM", "STATE", "BREAKER", "ACTIVE", "TOKENS", "REQUESTS", "FAILED", "RETRIES", "P50", "P99", "HITS",
        "MODELS",
    ]
    /// The columns of words; the others are numbers, and end at the same place.
    private static let words: Set = [0, 1, 2, 11]
    /// The columns that a narrow terminal goes without, in this order. The names of the models are shortened before.
    private static let dispensable = [10, 7, 4, 8, 5, 11, 9, 6, 2]
    private static let shortestModels = 12
    private static let space = 2

    private let rows: [[String]]

    /// - Parameter upstreams: As `GET /admin/upstreams` lists them. What is missing is shown as `-`.
    init(_ upstreams: [JSONValue]) {
        rows = upstreams.map { upstream in
            let values = upstream.object
            func word(_ name: String) -> String { values?[name]?.string?.escapingInvisibles() ?? "-" }
            func count(_ name: String) -> String { (values?[name]?.number?.int).map { "\($0)" } ?? "-" }
            let firstToken = values?["first_token_ms"]?.object
            let requests = values?["requests"]?.object?.reduce(0) { $0 + ($1.value.number?.int ?? 0) }
            let models = values?["models"]?.array?.compactMap(\.string) ?? []
            return [
                word("name"), word("state"), word("breaker"), count("outstanding_requests"),
                count("outstanding_tokens"),
                requests.map { "\($0)" } ?? "-", count("failures"), count("retries"),
                Self.time(firstToken?["p50"]?.number?.double), Self.time(firstToken?["p99"]?.number?.double),
                values?["prefix_hit_rate"]?.number?.double.map { "\(Int(($0 * 100).rounded())) %" } ?? "-",
                models.isEmpty ? "-" : models.map { $0.escapingInvisibles() }.joined(separator: ", "),
            ]
        }
    }

    private static func time(_ milliseconds: Double?) -> String {
        guard let milliseconds, milliseconds >= 0, milliseconds < 1e12 else { return "-" }
        if milliseconds < 10 { return "\((milliseconds * 10).rounded() / 10) ms" }
        if milliseconds < 1_000 { return "\(Int(milliseconds.rounded())) ms" }
        return "\((milliseconds / 100).rounded() / 10) s"
    }

    /// A line for the titles and one for each upstream. If the lines do not fit, columns are left out as a whole, and
    /// named in a line below.
    ///
    /// - Parameter width: The most characters of a line; nil without a limit.
    func text(width: Int?) -> String {
        let all = [Self.titles] + rows
        var widths = Self.titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let columns = width.map { Self.columns(within: $0, &widths) } ?? Array(Self.titles.indices)
        let lines = all.map { row in
            let cells = columns.map { column in
                let text = Self.shortened(row[column], widths[column])
                let space = String(repeating: " ", count: widths[column] - text.count)
                if column == columns.last, Self.words.contains(column) { return text }
                return Self.words.contains(column) ? text + space : space + text
            }
            return cells.joined(separator: String(repeating: " ", count: Self.space)) + "\n"
        }
        let hidden = Self.titles.indices.filter { !columns.contains($0) }.map { Self.titles[$0] }
        if hidden.isEmpty { return lines.joined() }
        return lines.joined() + Self.wrapped("not shown: \(hidden.joined(separator: ", "))", width ?? .max)
    }

    /// The columns that fit into a line, of which those of models and upstreams may become narrower.
    private static func columns(within width: Int, _ widths: inout [Int]) -> [Int] {
        var columns = Array(titles.indices)
        var excess: Int { columns.reduce(-space) { $0 + widths[$1] + space } - width }
        if let models = columns.last {
            widths[models] -= min(max(0, excess), max(0, widths[models] - shortestModels))
        }
        for column in dispensable where excess > 0 { columns.removeAll { $0 == column } }
        widths[0] -= min(max(0, excess), max(0, widths[0] - shortestModels))
        return columns
    }

    private static func shortened(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }

    /// Words on lines of at most `width` characters.
    private static func wrapped(_ text: String, _ width: Int) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
