internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// An API through which a client chats: how its requests are written, and how its replies are read.
protocol ChatAPI: Sendable {
    /// The path of the endpoint, relative to the base URL.
    var path: String { get }

    /// The body of a request.
    ///
    /// - Throws: `ClientError` of reason `formatError` for what the API cannot express, and for an image that cannot be
    ///   read.
    func body(
        of request: Client.ChatRequest, _ rendering: Client.ChatRequest.Rendering
    ) throws(ClientError) -> JSONObject

    /// Reads the reply to a request with this body.
    func decoder(for body: JSONObject) -> any ReplyDecoder

    /// Whether the error says that the model cannot reason as requested.
    func refusesThinking(_ error: ClientError, of model: String) -> Bool
}

extension ChatAPI {
    /// Whether the words of the error contain one of `names`, which the name of the model does not contain.
    func error(_ error: ClientError, of model: String, names: [String]) -> Bool {
        let words = String(decoding: error.body, as: UTF8.self).lowercased()
        return names.contains { !model.lowercased().contains($0) && words.contains($0) }
    }
}

/// Reads the values of one reply: the events of a stream, or the complete reply as a single value.
protocol ReplyDecoder: Sendable {
    /// What completes a reply, for the error of one that ends without it.
    static var endMark: String { get }
    /// The member of a complete reply with the generated content.
    static var contentName: String { get }
    /// The name of events that only show that the connection is alive.
    static var keepAliveEvent: String? { get }

    /// Records the content of a value.
    mutating func read(_ value: JSONObject, into reply: inout ReplyRecord)

    /// Whether the end of the content is the end of a complete reply.
    func isComplete(_ reply: ReplyRecord) -> Bool

    /// Whether only usage and the end may follow.
    func isOver(_ reply: ReplyRecord) -> Bool

    /// The value of the error that this value reports, if the API has a form of its own for errors in a stream.
    func failure(in value: JSONObject) -> JSONValue?
}

extension ReplyDecoder {
    static var keepAliveEvent: String? { nil }
    func failure(in value: JSONObject) -> JSONValue? { nil }
}

extension ServerDialect {
    /// The API of chats.
    var api: any ChatAPI {
        switch self {
        case .messages: MessagesAPI()
        // A conversation is always sent whole, so the server need not store it.
        case .responses: ResponsesAPI(stores: false)
        default: ChatCompletionsAPI(dialect: self)
        }
    }
}
