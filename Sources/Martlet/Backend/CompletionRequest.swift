public import MartletJSON
public import MartletOpenAI

/// A decoded `POST /v1/completions`. A backend sees it as one `TokenRequest` per prompt.
public struct CompletionRequest: Sendable {
    /// The id of the model that answers.
    public var model: String
    /// What to continue; never empty when decoded, nor is any prompt in it.
    public var prompts: [Prompt]
    /// Whether the client wants the answer as it comes.
    public var stream: Bool
    /// What a stream carries besides the answer.
    public var streamOptions = StreamOptions()
    /// The most tokens to generate for a choice; 0 is legal.
    public var maxTokens: Int
    /// How tokens are chosen.
    public var sampling: SamplingParameters
    /// Up to four strings that end a choice.
    public var stop: [String]
    /// How many choices to generate for each prompt.
    public var n: Int
    /// How many choices to generate of which the `n` likeliest are told, at least as many; nil for `n`.
    public var bestOf: Int?
    /// How many alternatives to tell with each token's log-probability, 0 to 20; nil asks for no log-probabilities.
    public var topLogprobs: Int?
    /// Whether the answer begins with the prompt.
    public var echo = false
    /// What is to come after the answer; needs the capability `suffix`.
    public var suffix: String?
    /// Whether the reply tells token ids; vLLM's extension.
    public var returnsTokenIDs = false
    /// The whole body.
    public var body: JSONObject
    /// Names in the body that Martlet does not know, in the order they came.
    var unknownParameters: [String] = []
    /// Where the request comes from.
    public var context: RequestContext

    /// A request as a client or a test writes it; nothing is checked.
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
