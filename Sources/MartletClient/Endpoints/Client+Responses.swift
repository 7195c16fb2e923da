public import MartletOpenAI

extension Client {
    /// A request of OpenAI's Responses API: a chat request, and what only this API has.
    public struct ResponseRequest: Sendable, Equatable {
        /// The input, the tools, the format and the options. It has no prefill, and one choice.
        public var chat: ChatRequest
        /// Precede the input, after the client's system prompt. A response that continues another does not have that
        /// one's instructions.
        public var instructions: String?
        /// The stored response that precedes the input; its conversation need not be sent again.
        public var previousResponseID: String?
        /// Whether the server stores the response, so that others can continue it; nil leaves it to the server.
        public var stores: Bool?

        /// A request with everything that a chat request has.
        public init(
            _ chat: ChatRequest, instructions: String? = nil, previousResponseID: String? = nil, stores: Bool? = nil
        ) {
            (self.chat, self.instructions) = (chat, instructions)
            (self.previousResponseID, self.stores) = (previousResponseID, stores)
        }

        /// A request with a conversation, or the part that follows the previous response.
        public init(
            input: [ChatMessage], instructions: String? = nil, previousResponseID: String? = nil, stores: Bool? = nil
        ) {
            self.init(
                ChatRequest(messages: input), instructions: instructions, previousResponseID: previousResponseID,
                stores: stores)
        }

        /// A request with a text of the user.
        public init(
            input: String, instructions: String? = nil, previousResponseID: String? = nil, stores: Bool? = nil
        ) {
            self.init(
                input: [.user(input)], instructions: instructions, previousResponseID: previousResponseID,
                stores: stores)
        }

        var api: ResponsesAPI {
            ResponsesAPI(instructions: instructions, previousResponseID: previousResponseID, stores: stores)
        }
    }

    /// Sends a request to the Responses API, and returns the complete reply, in the form of a chat's. `reply.id` continues
    /// it, if the server has stored it.
    ///
    /// ```swift
    /// let first = try await client.respond("Name a bird.")
    /// let second = try await client.respond(.init(input: "Why that one?", previousResponseID: first.id))
    /// ```
    ///
    /// The reasoning is returned with its encrypted content if the request has `thinking`; the reply's message contains
    /// it, so that a conversation with the message needs no storage. A client with the dialect `responses` uses this API
    /// for `chat`, with everything that is built on it.
    ///
    /// - Throws: `ClientError`, also for a response that the server reports as failed.
    public nonisolated(nonsending) func respond(_ request: ResponseRequest) async throws(ClientError) -> ChatReply {
        try await reply(to: request.chat, through: request.api)
    }

    /// Sends a text of the user to the Responses API, and returns the complete reply.
    public nonisolated(nonsending) func respond(_ text: String) async throws(ClientError) -> ChatReply {
        try await respond(ResponseRequest(input: text))
    }

    /// Sends a request to the Responses API, and returns when the first event has arrived. The stream is read and ends
    /// like that of a chat.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - keepsReply: Whether the stream accumulates its events for `replySoFar` and `reply()`.
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func stream(
        _ request: ResponseRequest, keepsReply: Bool = true
    ) async throws(ClientError) -> ChatStream {
        try await events(of: request.chat, through: request.api, isStreamed: true, keepsReply: keepsReply)
    }

    // MARK: Typed

    /// Sends a request to the Responses API, and returns the reply decoded as a type; see `chat(_:as:)`.
    ///
    /// - Throws: `TypedReplyError`.
    public nonisolated(nonsending) func respond<Value: Decodable & Sendable>(
        _ request: ResponseRequest, as type: Value.Type
    ) async throws(TypedReplyError) -> TypedReply<Value> {
        let (chat, format) = try request.chat.asking(for: type, dialect: .responses)
        let reply: ChatReply
        do throws(ClientError) { reply = try await self.reply(to: chat, through: request.api) } catch {
            throw .failed(error)
        }
        return TypedReply(value: try reply.decoded(as: type, in: format), reply: reply)
    }

    /// Sends a request to the Responses API, and returns the typed reply as a stream; see `stream(_:as:)`.
    ///
    /// - Throws: `TypedReplyError`.
    public nonisolated(nonsending) func stream<Value: Decodable & Sendable>(
        _ request: ResponseRequest, as type: Value.Type
    ) async throws(TypedReplyError) -> TypedStream<Value> {
        let (chat, format) = try request.chat.asking(for: type, dialect: .responses)
        do throws(ClientError) {
            let stream = try await events(of: chat, through: request.api, isStreamed: true, keepsReply: true)
            return TypedStream(stream, format)
        } catch {
            throw .failed(error)
        }
    }
}
