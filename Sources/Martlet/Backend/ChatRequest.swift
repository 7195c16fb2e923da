public import MartletJSON
public import MartletOpenAI

/// A decoded `POST /v1/chat/completions`.
public struct ChatRequest: Sendable {
    /// The id of the model that answers.
    public var model: String
    /// The conversation; never empty when decoded.
    public var messages: [ChatMessage]
    /// Whether the client wants the answer as it comes. The backend need not care.
    public var stream: Bool
    /// What a stream carries besides the answer.
    public var streamOptions = StreamOptions()
    /// The most tokens to generate for a choice; `nil` means as many as the context takes.
    public var maxTokens: Int?
    /// How tokens are chosen.
    public var sampling: SamplingParameters
    /// Up to four strings that end a choice. The server applies them to whatever the backend emits.
    public var stop: [String]
    /// How many choices to generate.
    public var n: Int
    /// How many alternatives to tell with each token's log-probability, 0 to 20; nil asks for no log-probabilities.
    public var topLogprobs: Int?
    /// The functions that the model may call.
    public var tools: [ToolDefinition] = []
    /// Whether it calls them. `.auto` where the client does not say, which without tools means nothing.
    public var toolChoice = ToolChoice.auto
    /// Whether one answer may hold several calls. The server ends a choice before its second call where it may not.
    public var parallelToolCalls = true
    /// What the answer must look like.
    public var responseFormat = ResponseFormat.text
    /// How long to think: `none`, `minimal`, `low`, `medium`, `high` or another word that the model knows.
    public var reasoningEffort: String?
    /// Variables for the chat template; vLLM's and llama.cpp's extension.
    public var chatTemplateKwargs: JSONObject = [:]
    /// Whether the answer goes on with the last message, which is the assistant's, instead of being a new one.
    public var continuesFinalMessage = false
    /// Whether the prompt ends with the beginning of an assistant's message.
    public var addsGenerationPrompt = true
    /// Whether the reply tells token ids; vLLM's extension.
    public var returnsTokenIDs = false
    /// The whole body: what a backend declared to support beyond the typed fields, it reads here.
    public var body: JSONObject
    /// Names in the body that Martlet does not know, in the order they came.
    var unknownParameters: [String] = []
    /// Where the request comes from.
    public var context: RequestContext

    /// A request as a client or a test writes it; nothing is checked.
    public init(
        model: String, messages: [ChatMessage], stream: Bool = false, maxTokens: Int? = nil,
        sampling: SamplingParameters = SamplingParameters(), stop: [String] = [], n: Int = 1,
        body: JSONObject = [:], context: RequestContext = RequestContext()
    ) {
        self.model = model
        self.messages = messages
        self.stream = stream
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
