public import MartletJSON

/// A decoded `POST /v1/chat/completions`.
public struct ChatRequest: Sendable {
    /// The id of the model that answers.
    public var model: String
    /// The conversation; never empty when decoded.
    public var messages: [ChatMessage]
    /// Whether the client wants the answer as it comes. The backend need not care.
    public var stream: Bool
    /// Whether a stream is to end with its usage.
    public var includeUsage: Bool
    /// The most tokens to generate for a choice; `nil` means as many as the context takes.
    public var maxTokens: Int?
    /// How tokens are chosen.
    public var sampling: SamplingParameters
    /// Up to four strings that end a choice. The server applies them to whatever the backend emits.
    public var stop: [String]
    /// How many choices to generate.
    public var n: Int
    /// The whole body: what a backend declared to support beyond the typed fields, it reads here.
    public var body: JSONObject
    /// Where the request comes from.
    public var context: RequestContext

    /// A request as a client or a test writes it; nothing is checked.
    public init(
        model: String, messages: [ChatMessage], stream: Bool = false, includeUsage: Bool = false,
        maxTokens: Int? = nil, sampling: SamplingParameters = SamplingParameters(), stop: [String] = [], n: Int = 1,
        body: JSONObject = [:], context: RequestContext = RequestContext()
    ) {
        self.model = model
        self.messages = messages
        self.stream = stream
        self.includeUsage = includeUsage
        self.maxTokens = maxTokens
        self.sampling = sampling
        self.stop = stop
        self.n = n
        self.body = body
        self.context = context
    }

    /// The text of the user's latest message; empty if there is none.
    public var lastUserText: String {
        messages.last { $0.role == .user }?.text ?? ""
    }
}
