import Foundation
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// The samples of a scrape, by name and labels as they are written.
struct Scrape: CustomStringConvertible {
    let text: String
    private(set) var samples: [String: Double] = [:]
    /// The names of the families with their types.
    private(set) var types: [String: String] = [:]

    var description: String { text }

    /// Checks what every exposition promises: no series twice, each after the type of its family, cumulative buckets, and
    /// `+Inf` equal to the count.
    init(_ text: String) throws {
        self.text = text
        var family = ""
        var bucket: (series: String, count: Double) = ("", 0)
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ").map(String.init)
                family = try #require(words.count == 4 ? words[2] : nil)
                #expect(types.updateValue(words[3], forKey: family) == nil, "\(family) is there twice")
            }
            if line.hasPrefix("#") { continue }
            let end = try #require(line.lastIndex(of: " "))
            let series = String(line[..<end])
            let value = try #require(Double(line[end...].dropFirst()), "\(line)")
            #expect(samples.updateValue(value, forKey: series) == nil, "\(series) is there twice")
            #expect(series.hasPrefix(family), "\(series) is not of \(family)")
            guard let start = series.range(of: "le=\"") else { continue }
            let key = String(series[..<start.lowerBound])
            if bucket.series == key { #expect(value >= bucket.count, "\(series) is not cumulative") }
            bucket = (key, value)
            if series.contains("le=\"+Inf\"") {
                var labels = key.dropFirst("\(family)_bucket".count).dropFirst()
                if labels.hasSuffix(",") { labels = labels.dropLast() }
                counts["\(family)_count" + (labels.isEmpty ? "" : "{\(labels)}")] = value
            }
        }
        for (series, count) in counts { #expect(samples[series] == count, "\(series)") }
    }

    /// The value of each last bucket, by the name of the series with the count.
    private var counts: [String: Double] = [:]

    /// The value of a series; a missing one fails the test that compares it.
    subscript(_ series: String) -> Double? { samples[series] }

    /// The sum of all series of a name.
    func sum(of name: String) -> Double {
        samples.filter { $0.key == name || $0.key.hasPrefix(name + "{") }.values.reduce(0, +)
    }
}

extension RawClient {
    func scrape(_ fields: HTTPFields = [:]) async throws -> Scrape {
        let response = try ask(.get, "/metrics", fields: fields)
        #expect(response.code == 200)
        return try Scrape(String(decoding: response.body, as: UTF8.self))
    }

    /// Scrapes until all requests before are counted: records are delivered a moment after the end of a request.
    func scrape(whenCounting requests: Double) async throws -> Scrape {
        var scrape = try Scrape("")
        try await eventually("\(requests) requests besides scrapes are counted") {
            scrape = try await self.scrape()
            let scrapes = scrape.samples.filter { $0.key.hasPrefix("http_requests_total{handler=\"/metrics\"") }
            return scrape.sum(of: "http_requests_total") - scrapes.values.reduce(0, +) >= requests
        }
        return scrape
    }
}
