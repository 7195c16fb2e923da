import Foundation
import Martlet
import Testing

@testable import MartletCLI

/// The prices of a gateway's configuration file.
struct GatewayPricesTests {
    private static func file(_ prices: String, upstream: String = "{url: x, models: [big, small]}") -> String {
        "upstreams:\n- \(upstream)\nprices:\n\(prices)"
    }

    private static func read(_ content: String) async throws -> GatewayFile {
        try await TemporaryFile.with(content) { try GatewayFile(reading: $0.path) }
    }

    private static func problems(_ content: String) async throws -> [String] {
        try await TemporaryFile.with(content) { file in
            let error = #expect(throws: ConfigurationError.self) { try GatewayFile(reading: file.path) }
            return (error?.lines ?? []).map { String($0.dropFirst(file.path.count + 1)) }
        }
    }

    @Test func `prices are those of the file, and none without the key`() async throws {
        let text = """
              currency: EUR
              models:
                big: {input: 2.50, cached_input: 1.25, output: 10}
                small: {input: 0.000001, output: 0}
            """
        let expected = Prices(
            [
                "big": try ModelPrice(input: 2.5, cachedInput: 1.25, output: 10),
                "small": try ModelPrice(input: 0.000001, output: 0),
            ], currency: "EUR")
        let file = try await Self.read(Self.file(text))
        #expect(file.prices == expected)
        #expect(file.summary.hasSuffix("prices in EUR: big, small\n"))
        #expect(try await Self.read("upstreams: [{url: x}]").prices == Prices())
    }

    @Test func `a model is unknown only if all upstreams name theirs`() async throws {
        let prices = "  models:\n    bigg: {input: 1, output: 1}"
        #expect(
            try await Self.problems(Self.file(prices)) == [
                "5: 'bigg' in prices.models is of a model that no upstream has; did you mean 'big'?"
            ])
        #expect(try await Self.read(Self.file(prices, upstream: "{url: x}")).prices.models.keys.sorted() == ["bigg"])
        let mapped = "{url: x, models: {big: gpt-4o}}"
        #expect(
            try await Self.problems(Self.file("  models:\n    gpt-4o: {input: 1, output: 1}", upstream: mapped)) == [
                "5: 'gpt-4o' in prices.models is of a model that no upstream has; use the name that clients use, or "
                    + "remove it"
            ])
    }

    @Test(arguments: [
        (
            "{input: -1, output: 1}",
            "5: 'input' in prices.models.big must be a price of a million tokens: a number within"
        ),
        ("{input: 1, output: 0.0000001}", "5: 'output' in prices.models.big must be a price of a million tokens"),
        ("{input: 1, output: 1, cached_input: free}", "with at most six decimals, but it is 'free'"),
        ("{input: 1}", "5: prices.models.big needs the key 'output'"),
        (
            "{input: 1, output: 1, cached_imput: 1}",
            "5: unknown key 'cached_imput' in prices.models.big; did you mean 'cached_input'?"
        ),
        ("3", "5: 'big' in prices.models must be a mapping of keys to values, but it is '3'"),
        ("", "5: 'big' in prices.models has no value"),
    ])
    func `a problem of a price is named with its line and key`(price: String, problem: String) async throws {
        let problems = try await Self.problems(Self.file("  models:\n    big: \(price)"))
        #expect(problems.count == 1 && problems[0].contains(problem), "\(problems)")
    }

    @Test(arguments: [
        (
            "  currency: US Dollar\n  models: {}",
            "4: 'currency' in prices must be at most 16 letters and digits, such as EUR"
        ),
        ("  modells: {}", "4: unknown key 'modells' in prices; did you mean 'models'?"),
        ("  currency: USD", "3: prices needs the key 'models'"),
    ])
    func `a problem of all prices is named with its line and key`(prices: String, problem: String) async throws {
        let problems = try await Self.problems(Self.file(prices))
        #expect(problems.contains { $0.hasPrefix(problem) }, "\(problems)")
    }
}
