internal import MartletCurl
public import MartletHTTP
internal import MartletOpenAI
internal import MartletUV

/// The client in its simplest form: it never throws, and never tries again what failed. (A server that refuses
/// `stream_options` is asked without, which is no other question.)
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
        /// What is said.
        public var content: String

        /// A message.
        public init(_ role: String, _ content: String) { (self.role, self.content) = (role, content) }
    }

    /// What a call brought. There always is one.
    public struct Response: Sendable, Equatable {
        /// The assistant's text; empty after a failure.
        public var content: String
        /// The role that the server told.
        public var role: String
        /// Why the answer ended, in the server's words; `error` after any failure.
        public var stopReason: String
        /// After a failure, which: `http_404`, `no_message`, `timeout_idle`, `connection`; otherwise empty.
        public var detail: String
    }

    private let client: Locked<Client>

    /// A client of the server at `baseURL`, with or without `/v1`.
    public init(_ baseURL: String, transport: any HTTPTransport = CurlTransport.shared) {
        client = Locked(Client(baseURL, retry: .none, transport: transport))
    }

    /// What was set; empty if nothing was.
    public var model: String { client.withLock { $0.model ?? "" } }
    /// What was set; empty if nothing was.
    public var apiKey: String { client.withLock { $0.apiKey?.secret ?? "" } }
    /// What was set; empty if nothing was.
    public var systemPrompt: String { client.withLock { $0.systemPrompt ?? "" } }

    /// Chooses the model.
    public func setModel(_ model: String) { client.withLock { $0.model = model } }

    /// Sets the key that calls are made with. An empty one changes nothing, for both kinds of call: `clearAPIKey()`
    /// removes it.
    public func setAPIKey(_ key: String) {
        if let key = APIKey(key) { client.withLock { $0.apiKey = key } }
    }

    /// Makes calls without a key from now on.
    public func clearAPIKey() { client.withLock { $0.apiKey = nil } }

    /// Sets what comes before every conversation; empty for nothing.
    public func setSystemPrompt(_ prompt: String) { client.withLock { $0.systemPrompt = prompt } }

    /// Asks, and waits for the answer.
    public nonisolated(nonsending) func chat(_ messages: [Message]) async -> Response {
        do throws(ClientError) {
            let reply = try await current.chat(Self.request(messages))
            guard let choice = reply.choices.first, choice.json["message"]?.object?["content"]?.string != nil else {
                return Response(content: "", role: "", stopReason: "error", detail: "no_message")
            }
            return Response(
                content: reply.content, role: reply.role.rawValue, stopReason: reply.finishReason?.rawValue ?? "",
                detail: "")
        } catch {
            let detail = error.reason == .badResponse && error.status == nil ? "no_message" : error.detail
            return Response(content: "", role: "", stopReason: "error", detail: detail)
        }
    }

    /// Asks one thing.
    public nonisolated(nonsending) func chat(_ text: String) async -> Response { await chat([Message("user", text)]) }

    /// Asks, and writes each piece of the answer to `sink` when it comes, as `{"content":"..."}` in an event of its own.
    /// The sink always ends with `[DONE]`, after a failure with an event `{"error":{...}}` before it.
    ///
    /// - Returns: The whole text, as far as it came.
    public nonisolated(nonsending) func chatStream(_ messages: [Message], to sink: some RelaySink) async -> String {
        await current.relay(Self.request(messages), to: sink).content
    }

    private var current: Client { client.withLock { $0 } }

    private static func request(_ messages: [Message]) -> Client.ChatRequest {
        Client.ChatRequest(messages: messages.map { ChatMessage(role: ChatRole(rawValue: $0.role), text: $0.content) })
    }
}
