public import MartletConstraint
public import MartletJSON
public import MartletOpenAI

/// A decoded and validated `POST /v1/chat/completions`.
public struct ChatRequest: Sendable {
    /// The id of the resolved model.
    public var model: String
    /// The conversation; never empty when decoded.
    public var messages: [ChatMessage]
    /// Whether the client wants the reply as a stream. The framework handles both cases; a backend can ignore it.
    public var stream: Bool
    /// Which usage figures a stream includes.
    public var streamOptions = StreamOptions()
    /// The maximum number of tokens to generate for a choice; nil means as many as fit into the context. The server
    /// enforces it.
    public var maxTokens: Int?
    /// How the next token is chosen.
    public var sampling: SamplingParameters
    /// A few strings that end a choice; the API limits their number. The server enforces them on the emitted text.
    public var stop: [String]
    /// The number of choices to generate, at least 1. Above 1 needs the capability `choices`.
    public var n: Int
    /// The number of alternatives to report with each token's log-probability, 0 to 20; nil requests no
    /// log-probabilities.
    public var topLogprobs: Int?
    /// The functions that the model may call.
    public var tools: [ToolDefinition] = []
    /// Whether the model must, may or must not call functions. Default: `.auto`, which has no effect without `tools`.
    public var toolChoice = ToolChoice.auto
    /// The names of the functions that may be called; nil means all of `tools`. The others are in the prompt too. Needs
    /// the capability `toolChoice`.
    public var allowedTools: Set<String>?
    /// What the arguments of each function in `callableTools` must be, compiled, by name. The server has compiled them
    /// before it calls a backend whose model has the capability `toolChoice`, unless that is a `RelayingBackend`;
    /// `compiledToolArguments()` also works without a server.
    public internal(set) var toolArguments: [String: Constraint] = [:]
    /// Whether one choice may contain several calls. If false, the server ends a choice before its second call.
    public var parallelToolCalls = true
    /// What the text must be, from its beginning, unless the model calls tools instead; nil for any text. Needs the
    /// capability `responseFormat`.
    public var structuredOutput: StructuredOutput?
    /// The amount of reasoning: `none`, `minimal`, `low`, `medium`, `high` or another value that the model knows.
    public var reasoningEffort: String?
    /// Variables for the chat template; vLLM's and llama.cpp's extension.
    public var chatTemplateKwargs: JSONObject = [:]
    /// Whether the generation continues the last message, which is the assistant's, instead of starting a new one.
    public var continuesFinalMessage = false
    /// Whether the template ends the prompt with the beginning of an assistant message.
    public var addsGenerationPrompt = true
    /// Whether the reply includes token ids; vLLM's extension.
    public var returnsTokenIDs = false
    /// The whole body, for parameters without a typed field. Empty unless the backend's `retainedBody` contains
    /// `.json`.
    public var body: JSONObject
    /// The parameters that say what the arguments of `tools` must be, in their order, for an API that names them otherwise
    /// than OpenAI's; empty for the latter.
    var toolParameterNames: [String] = []
    /// Members of the body that Martlet does not know, in the order of the body.
    var unknownParameters: [String] = []
    /// The request id, principal, deadline, header fields and raw body.
    public var context: RequestContext

    /// Creates a request without validating it, for clients and tests.
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

    /// The text of the last user message; empty if there is none.
    public var lastUserText: String {
        messages.last { $0.role == .user }?.text ?? ""
    }

    /// The text with which the generated text begins: that of the last message, if the generation continues it; otherwise
    /// nil. A constraint applies to both together.
    public var continuedText: String? { continuesFinalMessage ? messages.last?.text : nil }
}
