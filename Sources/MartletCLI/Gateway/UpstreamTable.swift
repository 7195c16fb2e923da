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

    /// A line for the titles and one for each upstream.
    ///
    /// - Parameter width: The most characters of a line; nil without a limit.
    func text(width: Int?) -> String {
        let all = [Self.titles] + rows
        let widths = Self.titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                if column == row.count - 1 { return row[column] }
                return Self.words.contains(column) ? row[column] + space : space + row[column]
            }
            let line = cells.joined(separator: "  ")
            return (width.map { String(line.prefix($0)) } ?? line) + "\n"
        }.joined()
    }
}
