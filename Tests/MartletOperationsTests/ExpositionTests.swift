import Testing

@testable import MartletOperations

/// The text of metrics in both formats.
struct ExpositionTests {
    private func text(_ format: Exposition.Format, _ write: (inout Exposition) -> Void) -> String {
        var exposition = Exposition(format, prefix: "p")
        write(&exposition)
        return String(decoding: exposition.finished(), as: UTF8.self)
    }

    @Test func `a counter's family has its suffix in text, and not in OpenMetrics`() {
        let write: (inout Exposition) -> Void = { exposition in
            exposition.family("things_total", .counter, "Things.")
            exposition.sample([:], 3)
            exposition.sample(["a": "x", "b": "y"], 0.5)
        }
        #expect(
            text(.text, write) == """
                # HELP p:things_total Things.
                # TYPE p:things_total counter
                p:things_total 3
                p:things_total{a="x",b="y"} 0.5

                """)
        #expect(
            text(.openMetrics, write) == """
                # HELP p:things Things.
                # TYPE p:things counter
                p:things_total 3
                p:things_total{a="x",b="y"} 0.5
                # EOF

                """)
    }

    @Test func `hostile labels and help stay within their line`() throws {
        let hostile = "a\"b\\c\nd{e}=,# HELP \u{0}\u{2028}\r\t\u{FFFD}é"
        let result = text(.text) { exposition in
            exposition.family("x", .gauge, "one\ntwo \\ \"three\"")
            exposition.sample(["name": hostile], 1)
        }
        let lines = result.split(separator: Character("\n"))
        #expect(lines.count == 3)
        #expect(lines.first == #"# HELP p:x one\ntwo \\ "three""#)
        let name = #"p:x{name="a\"b\\c\nd{e}=,# HELP "# + "\u{0}\u{2028}\r\t\u{FFFD}é"
        let expected: [UInt8] = Array(name.utf8) + Array("\"} 1".utf8)
        #expect(lines.last.map { Array($0.utf8) } == expected)
        #expect(text(.openMetrics) { $0.family("x", .gauge, "\"") }.contains(#"# HELP p:x \""#))
    }

    @Test func `a histogram is cumulative, and has its bounds, the rest and the sum`() {
        var histogram = Histogram(.choices)
        for number in [0, 1, 2, 5, 6, 1000] { histogram.record(number) }
        let result = text(.text) { exposition in
            exposition.family("h", .histogram, "H.")
            histogram.write(["m": "x"], to: &exposition)
            histogram.write([:], to: &exposition)
        }
        #expect(
            result == """
                # HELP p:h H.
                # TYPE p:h histogram
                p:h_bucket{m="x",le="1.0"} 2
                p:h_bucket{m="x",le="2.0"} 3
                p:h_bucket{m="x",le="5.0"} 4
                p:h_bucket{m="x",le="10.0"} 5
                p:h_bucket{m="x",le="20.0"} 5
                p:h_bucket{m="x",le="+Inf"} 6
                p:h_sum{m="x"} 1014.0
                p:h_count{m="x"} 6
                p:h_bucket{le="1.0"} 2
                p:h_bucket{le="2.0"} 3
                p:h_bucket{le="5.0"} 4
                p:h_bucket{le="10.0"} 5
                p:h_bucket{le="20.0"} 5
                p:h_bucket{le="+Inf"} 6
                p:h_sum 1014.0
                p:h_count 6

                """)
    }

    @Test func `a time is counted in the bucket of its bound`() throws {
        var histogram = Histogram(.perToken)
        histogram.record(.microseconds(500))
        histogram.record(.microseconds(501))
        histogram.record(.seconds(-1))
        let scrape = try Scrape(
            text(.text) { exposition in
                exposition.family("h", .histogram, "H.")
                histogram.write([:], to: &exposition)
            })
        #expect(scrape[#"p:h_bucket{le="0.0005"}"#] == 2)
        #expect(scrape[#"p:h_bucket{le="0.001"}"#] == 3)
        #expect(scrape["p:h_sum"] == 0.001001)
    }

    @Test(arguments: [
        (nil, false), ("", false), ("*/*", false), ("text/plain", false),
        ("application/openmetrics-text", true), ("application/openmetrics-text; version=1.0.0", true),
        (
            "application/openmetrics-text;version=1.0.0;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", true
        ),
        ("APPLICATION/OpenMetrics-Text", true), ("text/plain;q=0.9, application/openmetrics-text;q=0.1", false),
        ("application/openmetrics-text;q=0", false), ("application/openmetrics-text;q=x", false), (";;,,=", false),
    ])
    func `the Accept field selects the format`(accept: String?, isOpen: Bool) {
        switch Exposition.Format(accepting: accept) {
        case .openMetrics: #expect(isOpen)
        case .text: #expect(!isOpen)
        }
    }

    @Test func `numbers have one form`() {
        #expect(
            [0.0005, 1, 1e-7, .infinity, -.infinity, .nan].map(Exposition.text)
                == ["0.0005", "1.0", "1e-07", "+Inf", "-Inf", "NaN"])
    }

    @Test func `names of metrics are checked`() {
        for name in ["a", "_a9", "vllm", "a:b", "A"] { #expect(MetricName.isValid(name), "\(name)") }
        for name in ["", "9a", "a-b", "a b", "é", "a\n", "{", "a\"", "@", "[", "`"] {
            #expect(!MetricName.isValid(name), "\(name)")
        }
    }
}

/// The bound of a metric's series.
struct SeriesTableTests {
    private struct Key: SeriesKey {
        static let other = Key(name: "other")
        let name: String
        var labels: Labels { ["name": name] }
    }

    @Test func `a metric has at most 1,000 series, and the last one counts the others`() throws {
        var table = SeriesTable<Key, Int>(0)
        for number in 0..<5000 { table.update(Key(name: "n\(number)\"\\\n")) { $0 += 1 } }
        table.update(Key(name: "n7\"\\\n")) { $0 += 1 }
        table.update(Key(name: "other")) { $0 += 1 }
        var exposition = Exposition(.text, prefix: "p")
        exposition.family("x_total", .counter, "X.")
        for (labels, value) in table.series { exposition.sample(labels, value) }
        let scrape = try Scrape(String(decoding: exposition.finished(), as: UTF8.self))
        #expect(scrape.samples.count == 1000)
        #expect(scrape[#"p:x_total{name="other"}"#] == 4002)
        #expect(scrape[#"p:x_total{name="n7\"\\\n"}"#] == 2)
        #expect(scrape.sum(of: "p:x_total") == 5002)
    }
}
