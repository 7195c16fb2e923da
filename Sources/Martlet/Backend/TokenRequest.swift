public import MartletJSON
internal import MartletOpenAI

/// What a backend is asked to continue: one prompt of a `CompletionRequest`, as token ids.
public struct TokenRequest: Sendable {
    /// The id of the model that answers.
    public var model: String
    /// The prompt in ids of the model's vocabulary, not checked against its size.
    public var promptTokenIDs: [Int]
    /// The prompt's text, if the client sent text.
    public var prompt: String?
    /// The most tokens to generate for a choice; 0 is legal.
    public var maxTokens: Int
    /// How tokens are chosen.
    public var sampling: SamplingParameters
    /// Up to four strings that end a choice. The server applies them to whatever the backend emits.
    public var stop: [String]
    /// How many choices to generate.
    public var n: Int
    /// How many choices to generate, at least `n`; those with the highest mean log-probability of a token are told, the
    /// best first. More than `n` needs the capability `bestOf`, and is never streamed.
    public var bestOf: Int
    /// How many alternatives to tell with each token's log-probability, 0 to 20; nil asks for no log-probabilities.
    public var topLogprobs: Int?
    /// Whether to emit the prompt's own tokens first, as one `StreamEvent.prompt`, each but the first with its
    /// log-probability if `topLogprobs` asks for them. With it, `maxTokens` may be 0. Needs the capability `echo`.
    public var echo = false
    /// What is to come after the answer; needs the capability `suffix`.
    public var suffix: String?
    /// The whole body: what a backend declared to support beyond the typed fields, it reads here.
    public var body: JSONObject
    /// Where the request comes from.
    public var context: RequestContext

    /// A request as a client or a test writes it; nothing is checked.
    public init(
        model: String, promptTokenIDs: [Int], prompt: String? = nil, maxTokens: Int = 16,
        sampling: SamplingParameters = SamplingParameters(), stop: [String] = [], n: Int = 1, body: JSONObject = [:],
        context: RequestContext = RequestContext()
    ) {
        self.model = model
        self.promptTokenIDs = promptTokenIDs
        self.prompt = prompt
        self.maxTokens = maxTokens
        self.sampling = sampling
        self.stop = stop
        self.n = n
        bestOf = n
        self.body = body
        self.context = context
    }
}

extension TokenRequest {
    /// One prompt of a completion, in the ids it was given in or was tokenized to.
    init(_ request: CompletionRequest, promptTokenIDs: [Int], prompt: String?) {
        self.init(
            model: request.model, promptTokenIDs: promptTokenIDs, prompt: prompt, maxTokens: request.maxTokens,
            sampling: request.sampling, stop: request.stop, n: request.n, body: request.body, context: request.context)
        bestOf = request.bestOf ?? n
        topLogprobs = request.topLogprobs
        echo = request.echo
        suffix = request.suffix
    }
}
