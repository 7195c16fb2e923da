public import MartletJSON
public import MartletOpenAI

/// A decoded and validated `POST /v1/completions`. A backend gets it as one `TokenRequest` for each prompt.
public struct CompletionRequest: Sendable {
    /// The id of the resolved model.
    public var model: String
    /// The prompts to continue; neither the array nor a prompt is empty when decoded.
    public var prompts: [Prompt]
    /// Whether the client wants the reply as a stream.
    public var stream: Bool
    /// Which usage figures a stream includes.
    public var streamOptions = StreamOptions()
    /// The maximum number of tokens to generate for a choice; 0 is valid.
    public var maxTokens: Int
    /// How the next token is chosen.
    public var sampling: SamplingParameters
    /// Up to four strings that end a choice.
    public var stop: [String]
    /// The number of choices to return for each prompt.
    public var n: Int
    /// The number of choices to generate for each prompt, at least `n`; the `n` likeliest are returned. Nil means `n`.
    public var bestOf: Int?
    /// The number of alternatives to report with each token's log-probability, 0 to 20; nil requests no
    /// log-probabilities.
    public var topLogprobs: Int?
    /// Whether each choice starts with its prompt.
    public var echo = false
    /// What the text must be; nil for any text. Needs the capability `responseFormat`.
    public var structuredOutput: StructuredOutput?
    /// The text that follows the generation (fill in the middle); needs the capability `suffix`.
    public var suffix: String?
    /// Whether the reply includes token ids; vLLM's extension.
    public var returnsTokenIDs = false
    /// The whole body. Empty unless the backend's `retainedBody` contains `.json`.
    public var body: JSONObject
    /// Members of the body that Martlet does not know, in the order of the body.
    var unknownParameters: [String] = []
    /// The request id, principal, deadline, header fields and raw body.
    public var context: RequestContext

    /// Creates a request without validating it, for clients and tests.
    public init(
        model: String, prompts: [Prompt], stream: Bool = false, maxTokens: Int = 16,
        sampling: SamplingParameters = SamplingParameters(), stop: [String] = [], n: Int = 1, body: JSONObject = [:],
        context: RequestContext = RequestContext()
    ) {
        self.model = model
        self.prompts = prompts
        self.stream = stream
        self.maxTokens = maxTokens
        self.sampling = sampling
        self.stop = stop
        self.n = n
        self.body = body
        self.context = context
    }
}
