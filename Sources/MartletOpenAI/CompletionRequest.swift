public import MartletJSON

/// A decoded `POST /v1/completions`. A backend sees it as one `TokenRequest` per prompt.
public struct CompletionRequest: Sendable {
    /// The id of the model that answers.
    public var model: String
    /// What to continue; never empty when decoded, nor is any prompt in it.
    public var prompts: [Prompt]
    /// Whether the client wants the answer as it comes.
    public var stream: Bool
    /// Whether a stream is to end with its usage.
    public var includeUsage: Bool
    /// The most tokens to generate for a choice; 0 is legal.
    public var maxTokens: Int
    /// How tokens are chosen.
    public var sampling: SamplingParameters
    /// Up to four strings that end a choice.
    public var stop: [String]
    /// How many choices to generate for each prompt.
    public var n: Int
    /// The whole body.
    public var body: JSONObject
    /// Where the request comes from.
    public var context: RequestContext

    /// A request as a client or a test writes it; nothing is checked.
    public init(
        model: String, prompts: [Prompt], stream: Bool = false, includeUsage: Bool = false, maxTokens: Int = 16,
        sampling: SamplingParameters = SamplingParameters(), stop: [String] = [], n: Int = 1, body: JSONObject = [:],
        context: RequestContext = RequestContext()
    ) {
        self.model = model
        self.prompts = prompts
        self.stream = stream
        self.includeUsage = includeUsage
        self.maxTokens = maxTokens
        self.sampling = sampling
        self.stop = stop
        self.n = n
        self.body = body
        self.context = context
    }
}
