internal import MartletCurl
public import MartletHTTP
internal import MartletOpenAI
internal import MartletUV

/// A minimal client: it never throws and never retries. (If the server refuses `stream_options`, the request is sent
/// once more without them.)
///
/// ```swift
/// let llm = LLM("http://localhost:11434")
/// llm.setModel("llama3.2")
/// print(await llm.chat("Hello!").content)
/// ```
public final class LLM: Sendable {
    /// One message of a conversation.
    public struct Message: Sendable, Equatable {
        /// `system`, `user`, `assistant`, or any other role that the server knows.
        public var role: String
        /// The text.
        public var content: String

        public init(_ role: String, _ content: String) { (self.role, self.content) = (role, content) }
    }

    /// The result of a call, successful or not.
    public struct Reply: Sendable, Equatable {
        /// The assistant's text; empty after a failure.
        public var content: String
        /// The role that the server sent.
        public var role: String
        /// The server's finish reason; `error` after a failure.
        public var stopReason: String
        /// The kind of failure, such as `http_404`, `no_message`, `timeout_idle` or `connection`; otherwise empty.
        public var detail: String
    }

    private let client: Locked<Client>

    /// A client for the server at `baseURL`, with or without `/v1`.
    public init(_ baseURL: String, transport: any HTTPTransport = CurlTransport.shared) {
        client = Locked(Client(baseURL, retry: .none, transport: transport))
    }

    /// Empty unless set.
    public var model: String { client.withLock { $0.model ?? "" } }
    /// Empty unless set.
    public var apiKey: String { client.withLock { $0.apiKey?.secret ?? "" } }
    /// Empty unless set.
    public var systemPrompt: String { client.withLock { $0.systemPrompt ?? "" } }

    /// Sets the model of all calls.
    public func setModel(_ model: String) { client.withLock { $0.model = model } }

    /// Sets the key of all calls. An empty key changes nothing; `clearAPIKey()` removes it.
    public func setAPIKey(_ key: String) {
        if let key = APIKey(key) { client.withLock { $0.apiKey = key } }
    }

    /// Removes the key.
    public func clearAPIKey() { client.withLock { $0.apiKey = nil } }

    /// Sets the first message of every conversation; empty for none.
    public func setSystemPrompt(_ prompt: String) { client.withLock { $0.systemPrompt = prompt } }

    /// Sends a conversation and returns the complete reply.
    public nonisolated(nonsending) func chat(_ messages: [Message]) async -> Reply {
        do throws(ClientError) {
            let reply = try await current.chat(Self.request(messages))
            guard let choice = reply.choices.first, choice.json["message"]?.object?["content"]?.string != nil else {
                return Reply(content: "", role: "", stopReason: "error", detail: "no_message")
            }
            return Reply(
                content: reply.content, role: reply.role.rawValue, stopReason: reply.finishReason?.rawValue ?? "",
                detail: "")
        } catch {
            let detail = error.reason == .badResponse && error.status == nil ? "no_message" : error.detail
            return Reply(content: "", role: "", stopReason: "error", detail: detail)
        }
    }

    /// Sends one user message and returns the complete reply.
    public nonisolated(nonsending) func chat(_ text: String) async -> Reply { await chat([Message("user", text)]) }

    /// Sends a conversation, and writes each piece of the reply to `sink` when it arrives, as an event
    /// `{"content":"..."}`. The sink always ends with `[DONE]`; after a failure an event `{"error":{...}}` precedes it.
    ///
    /// - Returns: The text that arrived.
    public nonisolated(nonsending) func chatStream(_ messages: [Message], to sink: some RelaySink) async -> String {
        await current.relay(Self.request(messages), to: sink).content
    }

    private var current: Client { client.withLock { $0 } }

    private static func request(_ messages: [Message]) -> Client.ChatRequest {
        Client.ChatRequest(messages: messages.map { ChatMessage(role: ChatRole(rawValue: $0.role), text: $0.content) })
    }
}
