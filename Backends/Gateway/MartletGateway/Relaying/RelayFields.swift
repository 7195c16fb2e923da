internal import MartletHTTP

/// Which fields a gateway passes on, in both directions: those that it knows to be meant for the other end.
enum RelayFields {
    private static let requestPrefixes = ["openai-", "anthropic-"]
    private static let requestNames: Set = ["idempotency-key", "traceparent", "tracestate", "accept", "user-agent"]
    private static let answerPrefixes = ["openai-", "anthropic-"]
    private static let answerNames: Set = ["content-type", "retry-after", "retry-after-ms"]
    /// The gateway's own time comes in the place of the upstream's.
    private static let ownAnswerNames: Set = ["openai-processing-ms"]

    /// The fields of a request to an upstream.
    ///
    /// - Parameter key: What authorizes it; nil for none.
    static func requesting(
        _ fields: HTTPFields, id: String, key: String?, forwardingKey: Bool, hasBody: Bool
    ) -> HTTPFields {
        var result = HTTPFields()
        for (name, value) in fields {
            let name = name.lowercased()
            guard requestNames.contains(name) || requestPrefixes.contains(where: name.hasPrefix) else { continue }
            result.append(name, value)
        }
        result.append("x-request-id", id)
        if hasBody { result.append("content-type", "application/json") }
        if let key {
            result.append("authorization", "Bearer \(key)")
        } else if forwardingKey, let credential = fields["Authorization"] {
            result.append("authorization", credential)
        }
        return result
    }

    /// The fields of an answer to the client.
    ///
    /// - Parameter names: Those of others that are passed on, in lower case.
    static func answering(_ fields: HTTPFields, andNamed names: Set<String> = []) -> HTTPFields {
        var result = HTTPFields()
        for (name, value) in fields {
            let name = name.lowercased()
            if name == "x-request-id" {
                result.append("x-upstream-request-id", value)
            } else if !ownAnswerNames.contains(name),
                answerNames.contains(name) || names.contains(name) || answerPrefixes.contains(where: name.hasPrefix)
            {
                result.append(name, value)
            }
        }
        return result
    }

    /// The time that an answer asks to wait; nil for a date.
    static func retryAfter(_ fields: HTTPFields) -> Duration? {
        fields["Retry-After"].flatMap { Int($0) }.map { .seconds($0) }
    }
}
