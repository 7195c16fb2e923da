public import MartletJSON
internal import MartletOpenAI

/// One prompt of a `CompletionRequest`, as token ids, for a backend to continue.
public struct TokenRequest: Sendable {
    /// The id of the resolved model.
    public var model: String
    /// The prompt as ids of the model's vocabulary. They are not checked against the size of the vocabulary. Empty for text
    /// if the backend `completesText` and has no tokenizer.
    public var promptTokenIDs: [Int]
    /// The prompt's text, if the client sent text.
    public var prompt: String?
    /// The maximum number of tokens to generate for a choice. The server enforces it. It is 0 only with `echo`.
    public var maxTokens: Int
    /// How the next token is chosen.
    public var sampling: SamplingParameters
    /// Up to four strings that end a choice. The server enforces them on the emitted text.
    public var stop: [String]
    /// The number of choices to return.
    public var n: Int
    /// The number of choices to generate, at least `n`. The backend emits the `n` with the highest mean log-probability
    /// of a token, best first. More than `n` needs the capability `bestOf`, and is never streamed.
    public var bestOf: Int
    /// The number of alternatives to report with each token's log-probability, 0 to 20; nil requests no
    /// log-probabilities.
    public var topLogprobs: Int?
    /// Whether to emit the prompt's tokens first, as one `StreamEvent.prompt(_:)`. If `topLogprobs` is set, each token
    /// except the first has its log-probability. Needs the capability `echo`.
    public var echo = false
    /// What the text must be; nil for any text. Needs the capability `responseFormat`.
    public var structuredOutput: StructuredOutput?
    /// The text that follows the generation (fill in the middle); needs the capability `suffix`.
    public var suffix: String?
    /// The whole body, for parameters without a typed field. Empty unless the backend's `retainedBody` contains
    /// `.json`.
    public var body: JSONObject
    /// The request id, principal, deadline, header fields and raw body.
    public var context: RequestContext

    /// Creates a request without validating it, for clients and tests.
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
    /// - Parameters:
    ///   - promptTokenIDs: The ids that the client sent, or those of its text.
    ///   - prompt: The text, if the client sent text.
    init(_ request: CompletionRequest, promptTokenIDs: [Int], prompt: String?) {
        self.init(
            model: request.model, promptTokenIDs: promptTokenIDs, prompt: prompt, maxTokens: request.maxTokens,
            sampling: request.sampling, stop: request.stop, n: request.n, body: request.body, context: request.context)
        bestOf = request.bestOf ?? n
        topLogprobs = request.topLogprobs
        echo = request.echo
        structuredOutput = request.structuredOutput
        suffix = request.suffix
    }

    /// The request with a compiled demand.
    func demanding(_ output: StructuredOutput?) -> TokenRequest {
        var request = self
        request.structuredOutput = output
        return request
    }
}
