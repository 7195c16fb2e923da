internal import MartletHTTP

/// Which fields a gateway passes on, in both directions: those that it knows to be meant for the other end.
///
/// Names are in lower case.
enum RelayFields {
    private static let prefixes: [StaticString] = ["openai-", "anthropic-"]
    private static let requestNames: [StaticString] = [
        "idempotency-key", "traceparent", "tracestate", "accept", "user-agent",
    ]
    private static let answerNames: [StaticString] = [
        "content-type", "retry-after", "retry-after-ms", "x-martlet-ignored-tools",
    ]
    /// The gateway's own time comes in the place of the upstream's.
    private static let ownAnswerName: StaticString = "openai-processing-ms"

    /// The fields of a request to an upstream.
    ///
    /// - Parameter key: What authorizes it; nil for none.
    static func requesting(
        _ fields: HTTPFields, id: String, key: String?, forwardingKey: Bool, by gateway: GatewayID, hasBody: Bool
    ) -> HTTPFields {
        var result = HTTPFields()
        result.append(contentsOf: fields) { name in
            requestNames.contains { name.isNamed($0) } || prefixes.contains { name.hasPrefix($0) }
        }
        result.append("x-request-id", id)
        result.append(GatewayID.field, gateway.appended(to: fields))
        if hasBody { result.append("content-type", "application/json") }
        if let key {
            result.append("authorization", "Bearer \(key)")
        } else if forwardingKey {
            if let credential = fields["Authorization"] {
                result.append("authorization", credential)
            } else if let key = fields["x-api-key"] ?? fields["api-key"] {
                result.append("authorization", "Bearer \(key)")
            }
        }
        return result
    }

    /// The fields of an answer to the client.
    ///
    /// - Parameter names: Those of others that are passed on, in lower case.
    static func answering(_ fields: HTTPFields, andNamed names: [StaticString] = []) -> HTTPFields {
        var result = HTTPFields()
        result.append(contentsOf: fields) { name in
            if answerNames.contains(where: { name.isNamed($0) }) || names.contains(where: { name.isNamed($0) }) {
                return true
            }
            return prefixes.contains { name.hasPrefix($0) } && !name.isNamed(ownAnswerName)
        }
        if let id = fields["x-request-id"] ?? fields["request-id"] { result.append("x-upstream-request-id", id) }
        return result
    }

    /// The time that an answer asks to wait; nil for a date.
    static func retryAfter(_ fields: HTTPFields) -> Duration? {
        fields["Retry-After"].flatMap { Int($0) }.map { .seconds($0) }
    }
}

extension Span<UInt8> {
    fileprivate func isNamed(_ name: StaticString) -> Bool { count == name.utf8CodeUnitCount && hasPrefix(name) }

    /// Whether a field's name begins so, in any case. Field names have no other bytes that 0x20 makes equal.
    fileprivate func hasPrefix(_ prefix: StaticString) -> Bool {
        guard prefix.utf8CodeUnitCount <= count else { return false }
        for index in 0..<prefix.utf8CodeUnitCount where self[index] | 0x20 != prefix.utf8Start[index] { return false }
        return true
    }
}
