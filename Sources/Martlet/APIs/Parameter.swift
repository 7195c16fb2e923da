internal import MartletJSON
internal import MartletOpenAI

/// A member of a request's body that Martlet knows, and how it is handled.
struct Parameter: Sendable {
    enum Handling: Sendable, Equatable {
        /// The server applies the parameter, for every backend.
        case enforced
        /// The server validates the parameter and passes it to the backend, which may ignore it.
        case passedOn
        /// A 400 `unsupported_parameter`, because ignoring the parameter would give the client a different result than
        /// it requested. It is passed to a model that declares the capability. A neutral value, or one that equals the
        /// value of another parameter, has no effect and is accepted.
        case gated(by: Capabilities? = nil, neutral: [JSONValue] = [], sameAs: String? = nil)
        /// The parameter has no effect on the reply.
        case ignored
    }

    /// The API that first defined the parameter.
    enum Origin: String, Sendable {
        case openAI = "OpenAI"
        case vLLM
        case llamaCPP = "llama.cpp"
        case other
    }

    let name: String
    let handling: Handling
    let origin: Origin

    /// The capability with which every value of a gated parameter is accepted.
    var capability: Capabilities? {
        if case .gated(let capability, _, _) = handling { capability } else { nil }
    }

    /// The values of a gated parameter that have no effect, besides `null`.
    var neutral: [JSONValue] {
        if case .gated(_, let neutral, _) = handling { neutral } else { [] }
    }
}

extension Parameter {
    /// Throws a 400 `unsupported_parameter` for a value that needs a capability that the model lacks. `shownName` is
    /// the parameter's name in the client's API.
    func check(
        _ value: JSONValue, in body: JSONObject, capabilities: Capabilities, as shownName: String
    ) throws(OpenAIError) {
        guard case .gated(let capability, let neutral, let otherName) = handling else { return }
        if let capability, capabilities.contains(capability) { return }
        if neutral.contains(where: { Self.isSame(value, $0) }) { return }
        if let otherName, let other = body[otherName], Self.isSame(value, other) { return }
        let values = neutral.map { "`\($0)`" }.joined(separator: " or ")
        let instead = values.isEmpty ? "" : " or set it to \(values)"
        throw .unsupportedParameter(
            shownName, "`\(shownName)` is not supported by this model; leave it out\(instead).")
    }

    /// Compares numbers by value, so that `0.0` equals `0`.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.number?.double, let right = right.number?.double { return left == right }
        return left == right
    }
}
