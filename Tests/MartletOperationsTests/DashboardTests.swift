import Foundation
import Martlet
import MartletJSON
import MartletTesting
import Testing

/// The dashboard in `docs` asks for metrics that a server has.
@Suite(.serialized)
struct DashboardTests {
    /// The names of metrics in queries, which Martlet's prefix or a known beginning shows.
    private static func names(in text: String) -> Set<String> {
        Set(text.matches(of: /(martlet:|http_|process_)[a-z0-9_]+/).map { String($0.0) })
    }

    /// Every text of a member `expr` or `query`, at any depth.
    private static func queries(in value: JSONValue) -> [String] {
        if let array = value.array { return array.flatMap(queries) }
        guard let object = value.object else { return [] }
        return object.flatMap { name, value in
            if ["expr", "query"].contains(name), let text = value.string { return [text] }
            return queries(in: value)
        }
    }

    @Test func `every metric of the dashboard exists`() async throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../docs/grafana-dashboard.json")
        let queries = Self.queries(in: try JSONValue(parsing: Array(Data(contentsOf: url))))
        #expect(queries.count > 40)
        // Those of upstreams are a gateway's, and are compared in its tests.
        let asked = queries.reduce(into: Set<String>()) { $0.formUnion(Self.names(in: $1)) }
            .filter { !$0.hasPrefix("martlet:upstream_") }
        #expect(asked.count > 25, "\(asked)")
        try await withMetrics(of: WildcardBackend()) { (client, _) async throws in
            let scrape = try await client.scrape()
            var existing: Set<String> = []
            for (name, type) in scrape.types {
                let suffixes: [String] =
                    switch type {
                    case "histogram": ["_bucket", "_sum", "_count"]
                    case "summary": ["_sum", "_count"]
                    default: [""]
                    }
                existing.formUnion(suffixes.map { name + $0 })
            }
            #expect(asked.subtracting(existing).isEmpty, "\(asked.subtracting(existing).sorted())")
        }
    }

    @Test func `every metric that the documentation names exists, and every one that exists is named`() async throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/operations.md")
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        let table = try #require(text.components(separatedBy: "\n| name | type | labels |").last)
        // The first column, in which only the first name of Martlet's own has the prefix.
        var named: Set<String> = []
        for line in table.split(separator: "\n") where line.hasPrefix("| `") {
            let cell = line.split(separator: "|").first ?? ""
            let prefix = cell.contains("martlet:") ? "martlet:" : ""
            for match in cell.matches(of: /`(?:martlet:)?([a-z0-9_]+)`/) { named.insert(prefix + match.1) }
        }
        #expect(named.count > 40)
        try await withMetrics(of: WildcardBackend()) { (client, _) async throws in
            // `martlet serve` adds it if it records events.
            let existing = Set(try await client.scrape().types.keys).union(["martlet:events_dropped_total"])
            #expect(named.symmetricDifference(existing).isEmpty, "\(named.symmetricDifference(existing).sorted())")
        }
    }
}
