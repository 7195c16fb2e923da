public import MartletOpenAI

extension Client {
    /// Sends a request, and returns the reply decoded as a type.
    ///
    /// The server gets the strict schema of the type (`response_format`), and a type whose JSON is not an object travels
    /// as the member `value` of one. A server that refuses the schema is not asked again without it.
    ///
    /// ```swift
    /// struct Recipe: Decodable { var title: String, minutes: Int?, steps: [String] }
    /// let recipe = try await client.chat("A recipe for pancakes.", as: Recipe.self).value
    /// ```
    ///
    /// - Parameters:
    ///   - request: A request without a format, a prefill, and tools that the model may call.
    ///   - type: Its properties may be optional, nested, recursive, arrays, dates, and enums that are `CaseIterable` with
    ///     raw values; dictionaries, `Data` and other enums are an error, before anything is sent.
    /// - Throws: `TypedReplyError`.
    public nonisolated(nonsending) func chat<Value: Decodable & Sendable>(
        _ request: ChatRequest, as type: Value.Type
    ) async throws(TypedReplyError) -> TypedReply<Value> {
        let (request, format) = try request.asking(for: type, dialect: dialect)
        let reply: ChatReply
        do throws(ClientError) { reply = try await chat(request) } catch { throw .failed(error) }
        return TypedReply(value: try reply.decoded(as: type, in: format), reply: reply)
    }

    /// Sends one user message, and returns the reply decoded as a type.
    public nonisolated(nonsending) func chat<Value: Decodable & Sendable>(
        _ text: String, as type: Value.Type
    ) async throws(TypedReplyError) -> TypedReply<Value> {
        try await chat(ChatRequest(messages: [.user(text)]), as: type)
    }

    /// Sends a conversation, and returns the reply decoded as a type.
    public nonisolated(nonsending) func chat<Value: Decodable & Sendable>(
        _ messages: [ChatMessage], as type: Value.Type
    ) async throws(TypedReplyError) -> TypedReply<Value> {
        try await chat(ChatRequest(messages: messages), as: type)
    }

    /// Sends a request as `chat(_:as:)` does, and returns when the first event has arrived. The stream yields the JSON so
    /// far, and at the end the value.
    ///
    /// - Throws: `TypedReplyError`.
    public nonisolated(nonsending) func stream<Value: Decodable & Sendable>(
        _ request: ChatRequest, as type: Value.Type
    ) async throws(TypedReplyError) -> TypedStream<Value> {
        let (request, format) = try request.asking(for: type, dialect: dialect)
        do throws(ClientError) { return TypedStream(try await stream(request), format) } catch { throw .failed(error) }
    }

    /// Sends one user message, and returns the typed reply as a stream.
    public nonisolated(nonsending) func stream<Value: Decodable & Sendable>(
        _ text: String, as type: Value.Type
    ) async throws(TypedReplyError) -> TypedStream<Value> {
        try await stream(ChatRequest(messages: [.user(text)]), as: type)
    }

    /// Sends a conversation, and returns the typed reply as a stream.
    public nonisolated(nonsending) func stream<Value: Decodable & Sendable>(
        _ messages: [ChatMessage], as type: Value.Type
    ) async throws(TypedReplyError) -> TypedStream<Value> {
        try await stream(ChatRequest(messages: messages), as: type)
    }
}
