public import MartletHTTP
public import MartletJSON

// Endpoints without a method here, with the key, fields, retries, timeouts and limits of all others.

extension Client {
    /// Sends a request and returns the JSON of its response; null for an empty one.
    ///
    /// ```swift
    /// let ranks = try await client.send(.post, "rerank", ["model": "m", "query": "bird", "documents": ["a", "b"]])
    /// ```
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - path: The path relative to the base URL, `v1` included: `rerank`, `files?limit=2`. Or a complete URL, which
    ///     gets the key only if its origin is the same.
    ///   - body: The JSON to send, if any; not allowed with GET and HEAD.
    /// - Throws: `ClientError`.
    @discardableResult
    public nonisolated(nonsending) func send(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil
    ) async throws(ClientError) -> JSONValue {
        try await content(of: method, path, body).value
    }

    /// Sends a request and decodes the JSON of its response.
    ///
    /// - Throws: `ClientError`, of reason `badResponse` if the JSON does not decode as `type`.
    public nonisolated(nonsending) func send<Value: Decodable & Sendable>(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, as type: Value.Type
    ) async throws(ClientError) -> Value {
        let (info, value) = try await content(of: method, path, body)
        do { return try JSONValueDecoder(value).decode(type) } catch {
            var failure = info.error("decode response: \(DecodingFault(error).sentence)")
            // Retrying would bring the same content.
            failure.status = info.status.code
            throw failure
        }
    }

    /// Sends a request and returns its response's events when the first one has arrived.
    ///
    /// ```swift
    /// let body: JSONValue = ["model": "m", "input": "Hello", "stream": true]
    /// for try await event in try await client.stream(.post, "responses", body) { print(event.name, event.value) }
    /// ```
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - path: As for `send`.
    ///   - body: The JSON to send, with the member that enables streaming.
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func stream(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil
    ) async throws(ClientError) -> EventStream {
        try check(method, body)
        let call = Call(self, method, path, body: body, isStream: true)
        return EventStream(try await begin(call) { EventFold(response: $0) })
    }

    private nonisolated(nonsending) func content(
        of method: HTTPMethod, _ path: String, _ body: JSONValue?
    ) async throws(ClientError) -> (info: ResponseInfo, value: JSONValue) {
        try check(method, body)
        let call = Call(self, method, path, body: body)
        return try await call.run { (response, attempts) async throws(ClientError) in
            let body = try await response.body(limit: replyLimit)
            let info = ResponseInfo(
                status: response.head.status, fields: response.head.fields, body: body, attempts: attempts)
            return (info, body.isEmpty ? .null : try info.value())
        }
    }

    private func check(_ method: HTTPMethod, _ body: JSONValue?) throws(ClientError) {
        if body != nil, method == .get || method == .head {
            throw ClientError(
                .formatError, "build request: a \(method.rawValue) request has no body; use the path's query.")
        }
    }
}
