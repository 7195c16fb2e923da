import Martlet
import Testing

/// What tokens cost.
struct PricesTests {
    private static func cost(
        _ input: Double, cached: Double? = nil, output: Double, _ usage: Usage
    ) throws -> Int? {
        let price = try ModelPrice(input: input, cachedInput: cached, output: output)
        return Prices(["m": price]).cost(of: usage, model: "m")?.nanoUnits
    }

    @Test func `cached tokens have a price of their own, or that of the others`() throws {
        let usage = Usage(promptTokens: 1000, completionTokens: 100, cachedTokens: 400)
        #expect(try Self.cost(2.5, cached: 1.25, output: 10, usage) == 3_000_000)
        #expect(try Self.cost(2.5, output: 10, usage) == 3_500_000)
        #expect(try Self.cost(2.5, cached: 0, output: 0, usage) == 1_500_000)
    }

    @Test func `a model without a price has no cost`() throws {
        let prices = Prices(["m": try ModelPrice(input: 1, output: 1)], currency: "EUR")
        let usage = Usage(promptTokens: 1_000_000, completionTokens: 500_000)
        #expect(prices.cost(of: usage, model: "n") == nil)
        #expect(prices.cost(of: usage, model: "m") == Cost(nanoUnits: 1_500_000_000, currency: "EUR"))
        #expect(prices.cost(of: usage, model: "m")?.description == "1.5 EUR")
    }

    @Test func `a cost is rounded once, and the sum of a million requests is exact`() throws {
        // A thousand tokens cost a billionth.
        #expect(try Self.cost(0.000001, output: 0, Usage(promptTokens: 499, completionTokens: 0)) == 0)
        #expect(try Self.cost(0.000001, output: 0, Usage(promptTokens: 500, completionTokens: 0)) == 1)
        let one = try #require(try Self.cost(0.1, output: 0.2, Usage(promptTokens: 1, completionTokens: 1)))
        #expect(one == 300)
        #expect(Cost(nanoUnits: one * 1_000_000, currency: "USD").amount == "0.3")
    }

    @Test func `counts that no server should report cost at least nothing, and at most what a number can be`() throws {
        #expect(try Self.cost(1, output: 1, Usage(promptTokens: -5, completionTokens: -5, cachedTokens: -1)) == 0)
        let strange = Usage(promptTokens: 10, completionTokens: 0, cachedTokens: 100)
        #expect(try Self.cost(1, cached: 0.5, output: 1, strange) == 5000)
        let highest = Usage(promptTokens: .max, completionTokens: .max)
        #expect(try Self.cost(1e9, output: 1e9, highest) == .max)
    }

    @Test(arguments: [-1, 1e9 + 1, 0.0000001, 1.0000001, .nan, .infinity])
    func `what cannot be a price is refused`(number: Double) {
        for (input, cached, output) in [(number, nil, 1), (1, number, 1), (1, 1, number)] as [(Double, Double?, Double)]
        {
            let error = #expect(throws: ServerError.self) {
                try ModelPrice(input: input, cachedInput: cached, output: output)
            }
            #expect(error?.description.contains("at most six decimals, but it is \(number)") == true)
        }
    }

    @Test(arguments: [
        (0, "0"), (1, "0.000000001"), (1_200_000, "0.0012"), (1_000_000_000, "1"), (12_345_678_901, "12.345678901"),
        (-1_500_000_000, "-1.5"), (Int.max, "9223372036.854775807"), (.min, "-9223372036.854775808"),
    ])
    func `an amount is written exactly`(nanoUnits: Int, text: String) {
        #expect(Cost(nanoUnits: nanoUnits, currency: "USD").amount == text)
    }
}
