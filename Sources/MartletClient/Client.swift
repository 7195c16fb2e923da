public import Logging
@_exported public import MartletCurl
@_exported public import MartletHTTP
@_exported public import MartletJSON
@_exported public import MartletOpenAI

/// A client of any server that speaks OpenAI's API: OpenAI itself, Martlet, vLLM, llama.cpp, Ollama, LM Studio. Which one
/// is configuration, not code.
///
/// ```swift
/// let client = Client("http://localhost:11434", model: "llama3.2")
/// print(try await client.chat("Why is the sky blue?").content)
/// ```
///
/// It is a value: a copy with another model or key is another client, which shares the connections. It keeps no history.
public struct Client: Sendable {
    /// Where the server is.
    public let baseURL: BaseURL
    /// What the server knows its user by.
    public var apiKey: APIKey?
    /// The model of requests that name none.
    public var model: String?
    /// Comes first in every chat, also before a system message of the request's own.
    public var systemPrompt: String?
    /// What is sent again, and when.
    public var retry: RetryPolicy
    /// How long anything may take.
    public var timeouts: Timeouts
    /// Sent with every request to this server, in place of the client's own where the names are the same.
    public var fields = HTTPFields()
    /// Whose words requests are put into; guessed from the address unless set.
    public var dialect: ServerDialect
    /// The most bytes of one event of a stream.
    public var eventLimit = ServerSentEventParser.defaultLimit
    /// The most bytes of a whole reply, decompressed; a longer one is an error of reason `responseTooLarge`.
    public var replyLimit = 64 << 20
    /// Whether an event that is no JSON is skipped, and logged by its length; otherwise it fails its stream.
    public var skipsBadEvents = true
    /// Whether thoughts that a server leaves in the content are reasoning: those between `<think>` and `</think>` before
    /// the answer, and Mistral's parts of type `thinking`. Otherwise the former stay text, and the latter are left out.
    public var separatesThoughts = true
    /// The name between the angle brackets of such thoughts.
    public var thoughtTag = "think"
    /// Hears of retries and oddities, never of what was said or of keys.
    public var logger: Logger?
    /// What carries the requests.
    public var transport: any HTTPTransport
    let quirks: ServerQuirks

    /// A client of one server.
    ///
    /// - Parameters:
    ///   - baseURL: With or without `/v1`; see `BaseURL`.
    ///   - apiKey: Nil or empty for none.
    ///   - model: The model of requests that name none.
    ///   - systemPrompt: What comes first in every chat.
    ///   - retry: What is sent again, and when.
    ///   - timeouts: How long anything may take.
    ///   - transport: What carries the requests; libcurl with its defaults unless given.
    public init(
        _ baseURL: String, apiKey: String? = nil, model: String? = nil, systemPrompt: String? = nil,
        retry: RetryPolicy = RetryPolicy(), timeouts: Timeouts = Timeouts(),
        transport: any HTTPTransport = CurlTransport.shared
    ) {
        self.baseURL = BaseURL(baseURL)
        quirks = .of(self.baseURL)
        self.apiKey = apiKey.flatMap(APIKey.init)
        (self.model, self.systemPrompt) = (model, systemPrompt)
        (self.retry, self.timeouts, self.transport) = (retry, timeouts, transport)
        dialect = ServerDialect(guessing: self.baseURL)
    }

    /// The model that a request means.
    ///
    /// - Throws: `ClientError` before anything is sent when there is none.
    func model(or own: String?) throws(ClientError) -> String {
        let names = [own, model].compactMap { $0 }.filter { !$0.isEmpty }
        guard let name = names.first else {
            throw ClientError(.formatError, "no model configured; name one in the request or in the client.")
        }
        return name
    }
}
