internal import MartletHTTP

/// The server's side of the CORS protocol (Fetch standard).
struct CORSPolicy: Sendable {
    private let allowed: AllowedOrigins

    /// Nil when no other origin is allowed.
    init?(_ allowed: AllowedOrigins) {
        if allowed.isEmpty { return nil }
        self.allowed = allowed
    }

    /// The CORS fields of every response to the request; a page that is not allowed gets none that lets it read the
    /// response.
    func fields(for head: RequestHead) -> HTTPFields {
        var fields: HTTPFields = ["Vary": "Origin"]
        guard head.comesFromWebPage, let origin = head.fields["Origin"], allowed.contains(origin) else { return fields }
        fields.append("Access-Control-Allow-Origin", origin)
        fields.append(
            "Access-Control-Expose-Headers",
            """
            x-request-id, request-id, x-martlet-ignored-tools, openai-processing-ms, retry-after, retry-after-ms, \
            x-should-retry, \
            x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, \
            x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens
            """)
        return fields
    }

    /// The response to a preflight; nil for other requests. `methods` are those of the path. Pages may
    /// send any header: clients add their own.
    func preflight(_ head: RequestHead, methods: String) -> HTTPResponse? {
        guard head.method == .options, let origin = head.fields["Origin"],
            head.fields.contains("Access-Control-Request-Method"), allowed.contains(origin)
        else { return nil }
        var response = HTTPResponse(.noContent)
        response.head.fields.append("Access-Control-Allow-Methods", methods)
        if let headers = head.fields["Access-Control-Request-Headers"] {
            response.head.fields.append("Access-Control-Allow-Headers", headers)
        }
        response.head.fields.append("Access-Control-Max-Age", "600")
        return response
    }
}
