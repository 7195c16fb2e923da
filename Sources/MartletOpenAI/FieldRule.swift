import MartletJSON

/// A field with a meaning that Martlet does not act on by itself. It passes when its value asks for nothing, or when
/// the model declares the capability; otherwise the request is refused, because to ignore it would give the client
/// something other than it asked for.
///
/// Fields without an effect on the answer (`user`, `metadata`, `store`, `service_tier`, `parallel_tool_calls`,
/// `safety_identifier`, `prompt_cache_key`, `verbosity` and their like) and unknown fields have no rule, and pass.
struct FieldRule: Sendable {
    let name: String
    /// The capability that lets any value through.
    let capability: Capabilities?
    /// The values that ask for nothing; `null`, `[]` and `{}` go without saying.
    let neutral: [JSONValue]
    /// The field whose value is neutral here too: `best_of` asks for nothing when it equals `n`.
    let twin: String?

    init(
        _ name: String, neutral: [JSONValue] = [], sameAs twin: String? = nil, liftedBy capability: Capabilities? = nil
    ) {
        self.name = name
        self.neutral = neutral
        self.twin = twin
        self.capability = capability
    }

    /// Throws a 400 `unsupported_parameter` for the first rule that `body` breaks.
    static func check(
        _ body: JSONObject, against rules: [FieldRule], capabilities: Capabilities
    ) throws(OpenAIError) {
        for rule in rules where !rule.isSatisfied(by: body, capabilities: capabilities) {
            let instead = rule.neutral.first.map { " or set it to `\($0)`" } ?? ""
            throw .unsupportedParameter(
                rule.name, "`\(rule.name)` is not supported by this model; leave it out\(instead).")
        }
    }

    private func isSatisfied(by body: JSONObject, capabilities: Capabilities) -> Bool {
        guard let value = body[name], ![.null, [], [:]].contains(value) else { return true }
        if let capability, capabilities.contains(capability) { return true }
        if let twin, let other = body[twin], Self.isSame(value, other) { return true }
        return neutral.contains { Self.isSame(value, $0) }
    }

    /// Numbers count by value here, so that `0.0` is as neutral as `0`.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.number?.double, let right = right.number?.double { return left == right }
        return left == right
    }
}
