import Martlet

extension Prices {
    private static let maximumCurrencyLength = 16

    /// - Parameter models: The names of all models of the gateway; nil if its upstreams are asked for them.
    init(_ section: ConfigurationSection, models: Set<String>?) {
        self.init()
        defer { section.finish() }
        if let currency = section["currency"].flatMap(Self.currency) { self.currency = currency }
        guard let entries = section.required("models")?.section()?.entries else { return }
        for (name, value) in entries {
            if let models, !models.contains(name) {
                let hint =
                    name.closest(among: models.sorted()).map { "did you mean '\($0)'?" }
                    ?? "use the name that clients use, or remove it"
                value.report("is of a model that no upstream has; \(hint)")
            }
            self.models[name] = value.section().flatMap(ModelPrice.init(_:))
        }
    }

    private static func currency(_ node: ConfigurationNode) -> String? {
        guard let text = node.string() else { return nil }
        let isLabel =
            text.count <= maximumCurrencyLength && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return isLabel ? text : node.refuse("at most \(maximumCurrencyLength) letters and digits, such as EUR")
    }
}

extension ModelPrice {
    fileprivate init?(_ section: ConfigurationSection) {
        defer { section.finish() }
        let (input, output) = (section.required("input")?.price(), section.required("output")?.price())
        let cachedInput = section["cached_input"]?.price()
        guard let input, let output, let price = try? ModelPrice(input: input, cachedInput: cachedInput, output: output)
        else { return nil }
        self = price
    }
}

extension ConfigurationNode {
    fileprivate func price() -> Double? {
        number(
            "a price of a million tokens: a number within 0...1000000000 with at most six decimals",
            where: ModelPrice.isValid)
    }
}
