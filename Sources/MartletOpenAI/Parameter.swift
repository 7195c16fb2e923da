package import MartletJSON

/// A member of a request's body that has a meaning, and what becomes of it.
package struct Parameter: Sendable {
    /// What becomes of a parameter.
    package enum Handling: Sendable, Equatable {
        /// The server does it, whatever the backend is.
        case enforced
        /// Checked, and handed to the backend, which may ignore it.
        case passedOn
        /// Refused unless the model has the capability: to ignore it would give something other than was asked for.
        case needs(Capabilities)
        /// Refused for every model.
        case refused
        /// Accepted: it has no effect on the answer.
        case ignored
    }

    package let name: String
    package let handling: Handling
    /// The values of a parameter that may be refused that ask for nothing; `null`, `[]` and `{}` go without saying.
    package let neutral: [JSONValue]
    /// The parameter whose value is neutral here too: `best_of` asks for nothing when it equals `n`.
    private let twin: String?

    init(_ name: String, _ handling: Handling, neutral: [JSONValue] = [], sameAs twin: String? = nil) {
        self.name = name
        self.handling = handling
        self.neutral = neutral
        self.twin = twin
    }

    /// Throws a 400 `unsupported_parameter` if `value` asks for what a model of these capabilities does not do.
    func check(_ value: JSONValue, in body: JSONObject, capabilities: Capabilities) throws(OpenAIError) {
        switch handling {
        case .enforced, .passedOn, .ignored: return
        case .needs(let capability) where capabilities.contains(capability): return
        case .needs, .refused: break
        }
        if [.null, [], [:]].contains(value) || neutral.contains(where: { Self.isSame(value, $0) }) { return }
        if let twin, let other = body[twin], Self.isSame(value, other) { return }
        let instead = neutral.first.map { " or set it to `\($0)`" } ?? ""
        throw .unsupportedParameter(name, "`\(name)` is not supported by this model; leave it out\(instead).")
    }

    /// Numbers count by value here, so that `0.0` is as neutral as `0`.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.number?.double, let right = right.number?.double { return left == right }
        return left == right
    }
}
