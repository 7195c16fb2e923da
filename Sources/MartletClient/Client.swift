public import Logging
@_exported public import MartletCurl
@_exported public import MartletHTTP
@_exported public import MartletJSON
@_exported public import MartletOpenAI

/// A client for any OpenAI-compatible server: OpenAI itself, Martlet, vLLM, llama.cpp, Ollama, LM Studio; and for
/// servers with Anthropic's Messages API. Which one is configuration, not code.
///
/// ```swift
/// let client = Client("http://localhost:11434", model: "llama3.2")
/// print(try await client.chat("Why is the sky blue?").content)
/// ```
///
/// A client is a value: a copy with another model or key shares its connections. It keeps no conversation history.
public struct Client: Sendable {
    /// The server's address, normalised.
    public let baseURL: BaseURL
    /// Sent as `Authorization: Bearer`, or as `x-api-key` with the dialect `messages`, only to the origin of `baseURL`.
    public var apiKey: APIKey?
    /// The default model, for requests that name none.
    public var model: String?
    /// Sent as the first message of every chat, before the request's own system message.
    public var systemPrompt: String?
    /// Which failures are retried, and when.
    public var retry: RetryPolicy
    /// The timeouts of every call.
    public var timeouts: Timeouts
    /// Sent with every request to this server. A field here replaces the client's own field of the same name.
    public var fields = HTTPFields()
    /// The API of chats, and how parameters that differ between servers are spelled; guessed from the address unless
    /// set.
    public var dialect: ServerDialect
    /// The maximum size of one stream event, in bytes.
    public var eventLimit = ServerSentEventParser.defaultLimit
    /// The maximum size of a response that is not streamed, in bytes after decompression. A larger one is an error of
    /// reason `responseTooLarge`.
    public var replyLimit = 64 << 20
    /// Whether an event that is not JSON is skipped, and logged by its length. Otherwise it fails the stream.
    public var skipsBadEvents = true
    /// Whether reasoning that a server leaves in the content is separated from it: text between `<think>` and
    /// `</think>` before the reply, and Mistral's parts of type `thinking`. Otherwise the former stays text, and the
    /// latter are dropped.
    public var separatesReasoning = true
    /// The tag name that marks such reasoning.
    public var reasoningTag = "think"
    /// Logs retries and anomalies, never content or keys.
    public var logger: Logger?
    /// Sends the requests.
    public var transport: any HTTPTransport
    let quirks: ServerQuirks

    /// - Parameters:
    ///   - baseURL: With or without `/v1`; see `BaseURL`.
    ///   - apiKey: Nil or empty for no key.
    ///   - model: The default model.
    ///   - systemPrompt: The first message of every chat.
    ///   - dialect: The API of chats, and how parameters are spelled; nil guesses it from the address.
    ///   - retry: Which failures are retried, and when.
    ///   - timeouts: The timeouts of every call.
    ///   - transport: Sends the requests; libcurl with its defaults unless given.
    public init(
        _ baseURL: String, apiKey: String? = nil, model: String? = nil, systemPrompt: String? = nil,
        dialect: ServerDialect? = nil, retry: RetryPolicy = RetryPolicy(), timeouts: Timeouts = Timeouts(),
        transport: any HTTPTransport = CurlTransport.shared
    ) {
        self.baseURL = BaseURL(baseURL)
        quirks = .shared(for: self.baseURL)
        self.apiKey = apiKey.flatMap(APIKey.init)
        (self.model, self.systemPrompt) = (model, systemPrompt)
        (self.retry, self.timeouts, self.transport) = (retry, timeouts, transport)
        self.dialect = dialect ?? ServerDialect(guessing: self.baseURL)
    }

    /// The request's model, or the client's.
    ///
    /// - Throws: `ClientError` if neither names a model; nothing is sent then.
    func model(or own: String?) throws(ClientError) -> String {
        let names = [own, model].compactMap { $0 }.filter { !$0.isEmpty }
        guard let name = names.first else {
            throw ClientError(.formatError, "no model configured; name one in the request or in the client.")
        }
        return name
    }
}
