public import MartletOpenAI
internal import MartletUV

/// What a model's tokens cost. A price is for a million tokens, in units of a currency, with at most six decimals; it is
/// kept as an integer, so that nothing is lost when costs are added up.
public struct ModelPrice: Sendable, Hashable {
    /// The highest price of a million tokens.
    package static let maximum = 1_000_000_000.0

    /// Millionths of a unit for a million tokens, which are 10⁻¹² units for one.
    private let input, cachedInput, output: Int

    /// - Parameters:
    ///   - input: For tokens of prompts.
    ///   - cachedInput: For those of them that came from a cache. Nil: as `input`.
    ///   - output: For generated tokens, with those of reasoning. Embeddings have none.
    /// - Throws: `ServerError` for a price that is negative, above 10⁹, or has more than six decimals.
    public init(input: Double, cachedInput: Double? = nil, output: Double) throws(ServerError) {
        self.input = try Self.scaled(input)
        self.cachedInput = try Self.scaled(cachedInput ?? input)
        self.output = try Self.scaled(output)
    }

    private static func scaled(_ price: Double) throws(ServerError) -> Int {
        if isValid(price) { return Int((price * 1e6).rounded()) }
        throw ServerError(
            "a price of a million tokens must be a number within 0...1000000000 with at most six decimals, but it is "
                + "\(price)")
    }

    /// Whether a number can be a price. The nearest `Double` of a decimal with six digits behind the point is also that of
    /// the integer divided by 10⁶, since both are rounded once.
    package static func isValid(_ price: Double) -> Bool {
        (0...maximum).contains(price) && (price * 1e6).rounded() / 1e6 == price
    }

    /// In billionths of a unit; a half is rounded up.
    fileprivate func nanoUnits(of usage: Usage) -> Int {
        let prompt = max(0, usage.promptTokens)
        let cached = min(max(0, usage.cachedTokens ?? 0), prompt)
        let sum =
            Int128(prompt - cached) * Int128(input) + Int128(cached) * Int128(cachedInput)
            + Int128(max(0, usage.completionTokens)) * Int128(output)
        return Int(clamping: (sum + 500) / 1000)
    }
}

/// The prices of models, in one currency.
public struct Prices: Sendable, Hashable {
    /// Only a label: nothing is converted.
    public var currency: String
    /// By the id of the model, as `/v1/models` lists it. A model without a price costs nothing.
    public var models: [String: ModelPrice]

    public init(_ models: [String: ModelPrice] = [:], currency: String = "USD") {
        (self.models, self.currency) = (models, currency)
    }

    /// What the tokens of a request cost; nil for a model without a price.
    public func cost(of usage: Usage, model: String) -> Cost? {
        (models[model]?.nanoUnits(of: usage)).map { Cost(nanoUnits: $0, currency: currency) }
    }
}

/// The prices that a server goes by, which may change while it runs.
public final class PriceTable: Sendable {
    private let current: Locked<Prices>

    public init(_ prices: Prices = Prices()) { current = Locked(prices) }

    /// The prices of requests that end from now on.
    public var prices: Prices { current.withLock { $0 } }

    /// Replaces all prices. A request costs what the table says when it has ended.
    public func update(_ prices: Prices) { current.withLock { $0 = prices } }
}
