import Foundation
import MartletJSON
import MartletTestSupport
import Testing

@testable import MartletOperations

/// What is read from a file of run events, and how it is shown.
struct EventReportTests {
    private static let start = #"{"kind":"run_start","schema":"toy/v1","t":0,"run_id":"r-1","model":{"name":"<toy>"}}"#

    private static func request(
        t: Double = 1, status: Int = 200, latency: Int = 1000, tokens: Int = 11, endpoint: String = "/v1/completions"
    ) -> String {
        """
        {"kind":"eval","phase":"serve","t":\(t),"name":"request","extra":{"endpoint":"\(endpoint)","status":\(status),\
        "prompt_tokens":3,"completion_tokens":\(tokens),"latency_us":\(latency),"ttft_us":500,"decode_us":100000}}
        """
    }

    private func summary(of lines: [String], end: String = "\n") async throws -> EventSummary {
        try await withTemporaryFolder { folder in
            let path = folder + "/events.jsonl"
            try Data((lines.joined(separator: "\n") + end).utf8).write(to: URL(filePath: path))
            return try EventSummary(reading: path)
        }
    }

    @Test func `requests are counted, and percentiles are those of the values within one percent`() async throws {
        let requests = (1...1000).map { Self.request(t: Double($0) / 10, latency: $0 * 1000) }
        let summary = try await summary(
            of: [Self.start] + requests + [Self.request(t: 101, status: 404, tokens: 0, endpoint: "/nowhere")])
        #expect(summary.totals.requests == 1001 && summary.totals.errors == 1)
        #expect(summary.totals.outputTokens == 11_000 && summary.promptTokens == 3003)
        #expect(summary.statuses.counts == ["200": 1000, "404": 1] && summary.endpoints.counts["/nowhere"] == 1)
        for (share, value) in [(0.5, 500_000.0), (0.9, 900_000), (0.99, 990_000), (1, 1_000_000)] {
            let found = try #require(summary.latency.quantile(share))
            #expect(abs(found - value) <= value / 100, "\(share): \(found)")
        }
        #expect(summary.tokensPerSecond.quantile(0.5).map { abs($0 - 100) <= 1 } == true)
    }

    @Test func `costs are added up by principal and currency`() async throws {
        func request(_ extra: String) -> String {
            #"{"kind":"eval","phase":"serve","t":1,"name":"request","extra":{\#(extra)}}"#
        }
        let summary = try await summary(of: [
            Self.start, request(#""status":200,"principal_id":"ada","cost":0.000000001,"currency":"USD""#),
            request(#""status":200,"principal_id":"ada","cost":0.3,"currency":"USD""#),
            request(#""status":200,"cost":0.1,"currency":"USD""#),
            request(#""status":200,"principal_id":"ada","cost":2,"currency":"EUR""#),
            request(#""status":200,"principal_id":"ada","cost":-1,"currency":"EUR""#),
            request(#""status":200,"principal_id":"ada","cost":1e300,"currency":"EUR""#),
            request(#""status":200,"principal_id":"ada","cost":1"#), request(#""status":200,"principal_id":"bob""#),
        ])
        #expect(summary.totals.requests == 8)
        let spend = summary.tables.filter { $0.title == "spend" }
        #expect(spend.map(\.heading) == ["EUR", "USD"])
        #expect(
            spend.map { $0.rows.map { "\($0.name) \($0.value)" } } == [["ada 2"], ["ada 0.300000001", "(none) 0.1"]])
        #expect(SummaryText(summary).text.contains("  0.300000001\n"))
        #expect(SummaryPage(summary).html.contains("<tr><td>ada</td><td class=\"n\">0.300000001</td></tr>"))
    }

    @Test func `the intervals of a long run are few, and have all requests`() async throws {
        var series = TimeSeries()
        for second in 0..<20_000 {
            guard let request = try Self.parsed(Self.request(t: Double(second))) else { continue }
            series.add(request)
        }
        #expect(series.intervals.count <= TimeSeries.maximumCount && series.intervals.count > 40)
        #expect(series.intervals.reduce(0) { $0 + $1.requests } == 20_000)
        var far = try #require(try Self.parsed(Self.request()))
        for time in [-1, .infinity, .nan, 1e300] {
            far.time = time
            series.add(far)
        }
        #expect(series.intervals.reduce(0) { $0 + $1.requests } == 20_000)
    }

    private static func parsed(_ line: String) throws -> EventRequest? {
        try JSONValue(parsing: Array(line.utf8)).object.flatMap { EventRequest($0) }
    }

    @Test func `names are bounded, and the rest is one`() {
        var tally = EventSummary.Tally()
        for number in 0..<1000 { tally.add("name \(number)") }
        #expect(tally.counts.count == EventSummary.Tally.maximumNames + 1 && tally.counts["(others)"] == 800)
    }

    @Test func `lines that are not events are skipped and named, also very long ones`() async throws {
        let long = "\"" + String(repeating: "x", count: 5 << 20) + "\""
        let summary = try await summary(
            of: [
                Self.start, Self.request(), "garbage", "{}", long, "[1]", "", #"{"kind":"tap"}"#,
                #"{"kind":"eval","phase":"serve","name":"request","extra":{"status":"200","latency_us":-5}}"#,
                Self.request(), #"{"kind":"eval","ph"#,
            ], end: "")
        #expect(summary.totals.requests == 3 && summary.malformed == (4, 3) && summary.isTorn)
        #expect(
            summary.faults == [
                "4 lines are not events and were skipped, the first is line 3", "the last line is incomplete",
            ])
    }

    @Test(arguments: [
        ("", "is empty"), ("\n", "not a file of run events"), ("[]", "not a file of run events"),
        ("\u{0}\u{1}\u{2}", "not a file of run events"), (#"{"kind":"eval"}"#, "not a file of run events"),
        (#"{"kind":"run_start","schema":"toy/v2"}"#, #"the schema "toy/v2""#),
    ]) func `a file of something else is refused with a reason`(text: String, reason: String) async throws {
        let error = await #expect(throws: EventsError.self) { _ = try await summary(of: [text], end: "") }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func `a summary is plain text of the given width`() async throws {
        let requests = (0..<50).map {
            Self.request(t: Double($0), endpoint: "/\u{1B}[2J" + String(repeating: "y", count: 300))
        }
        let lines = [Self.start.replacing("r-1", with: "r\\u001b[31m")] + requests
        let summary = try await summary(of: lines.map { $0.replacing("\u{1B}", with: "\\u001b") })
        for width in [10, 40, 80, 133] {
            let text = SummaryText(summary, width: width).text
            #expect(text.allSatisfy { $0.isASCII && ($0 == "\n" || $0 >= " ") })
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= max(40, width) }, "\(width)\n\(text)")
            #expect(text.contains("#") && text.contains("latency"))
        }
        let braille = SummaryText(summary, width: 80, isTerminal: true).text
        #expect(braille.contains("⣿") && !braille.contains("\u{1B}"))
        #expect(SummaryText(summary, isTerminal: true, isColoured: true).text.contains("\u{1B}[1m"))
    }

    @Test func `a plot shows the largest value at the top and zero as nothing`() {
        let plot = TextPlot(glyphs: .ascii, width: 4)
        #expect(plot.lines([0, 1, nil, 0.1], maximum: 1) == [" #  ", " #  ", " #  ", " #  ", " # #"])
        let dots = TextPlot(glyphs: .braille, width: 1).lines([1, 0.25], maximum: 1)
        #expect(dots == ["⡇", "⡇", "⡇", "⣇", "⣿"])
    }

    @Test func `a page contains what it needs, and text from outside is escaped`() async throws {
        let end = #"{"kind":"run_end","t":9,"reason":"errored","error":"<script>alert('&')</script>","stats":{}}"#
        let summary = try await summary(of: [Self.start, Self.request(t: 1), Self.request(t: 5), end])
        let page = SummaryPage(summary).html
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"))
        #expect(!page.contains("<toy>") && page.contains("&lt;toy&gt;"))
        for outside in ["http:", "https:", "//", "url(", "@import", "src=", "href="] {
            #expect(!page.contains(outside), "\(outside)")
        }
        #expect(page.contains("prefers-color-scheme: dark") && page.components(separatedBy: "<svg").count == 4)
        for tag in ["table", "tr", "svg", "h2", "div", "body", "style"] {
            let (opened, closed) = (
                page.matches(of: try Regex("<\(tag)[ >]")).count, page.matches(of: try Regex("</\(tag)>")).count
            )
            #expect(opened == closed, "\(tag)")
        }
    }

    @Test func `a run without requests has a summary`() async throws {
        let summary = try await summary(of: [Self.start])
        #expect(SummaryText(summary).text.contains("no end: the run goes on") && summary.plots.isEmpty)
        #expect(SummaryPage(summary).html.contains("There are no requests."))
    }
}
