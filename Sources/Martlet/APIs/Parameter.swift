internal import MartletJSON
internal import MartletOpenAI

/// A member of a request's body that Martlet knows, and what becomes of it.
struct Parameter: Sendable {
    /// Who acts on a parameter.
    enum Handling: Sendable, Equatable {
        /// The server does what it says, for every backend.
        case enforced
        /// The backend gets it, checked, and may ignore it.
        case passedOn
        /// A 400 `unsupported_parameter`, because to ignore it would give the client something other than it asked
        /// for. A model that declares the capability gets it, and a neutral value, or one that equals another
        /// parameter's, asks for nothing and passes.
        case gated(by: Capabilities? = nil, neutral: [JSONValue] = [], sameAs: String? = nil)
        /// It has no effect on the answer.
        case ignored
    }

    /// The API that defines a parameter first.
    enum Origin: String, Sendable {
        case openAI = "OpenAI"
        case vLLM
        case llamaCPP = "llama.cpp"
        case other
    }

    /// The member's name.
    let name: String
    /// Who acts on it.
    let handling: Handling
    /// Where it comes from.
    let origin: Origin

    /// The capability that lets any value of a gated parameter through.
    var capability: Capabilities? {
        if case .gated(let capability, _, _) = handling { capability } else { nil }
    }

    /// The values of a gated parameter that ask for nothing, besides `null`.
    var neutral: [JSONValue] {
        if case .gated(_, let neutral, _) = handling { neutral } else { [] }
    }
}

extension Parameter {
    /// Throws a 400 `unsupported_parameter` for a value that asks for more than the model can do. `shownName` is what
    /// the client calls the parameter.
    func check(
        _ value: JSONValue, in body: JSONObject, capabilities: Capabilities, as shownName: String
    ) throws(OpenAIError) {
        guard case .gated(let capability, let neutral, let twin) = handling else { return }
        if let capability, capabilities.contains(capability) { return }
        if neutral.contains(where: { Self.isSame(value, $0) }) { return }
        if let twin, let other = body[twin], Self.isSame(value, other) { return }
        let values = neutral.map { "`\($0)`" }.joined(separator: " or ")
        let instead = values.isEmpty ? "" : " or set it to \(values)"
        throw .unsupportedParameter(
            shownName, "`\(shownName)` is not supported by this model; leave it out\(instead).")
    }

    /// Numbers count by value here, so that `0.0` is as neutral as `0`.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.number?.double, let right = right.number?.double { return left == right }
        return left == right
    }
}
