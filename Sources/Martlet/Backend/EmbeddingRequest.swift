public import MartletJSON
public import MartletOpenAI

/// A decoded and validated `POST /v1/embeddings`.
public struct EmbeddingRequest: Sendable {
    /// The encoding of a vector in the response.
    public struct EncodingFormat: RawRepresentable, Sendable, Hashable {
        /// The value on the wire.
        public let rawValue: String

        /// Any value is accepted here; decoding a request refuses all but `float` and `base64`.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// An array of numbers.
        public static let float = EncodingFormat(rawValue: "float")
        /// Base64 of the numbers as little-endian 32-bit floats.
        public static let base64 = EncodingFormat(rawValue: "base64")
    }

    /// The id of the resolved model.
    public var model: String
    /// The inputs to embed: 1 to 2048 when decoded, each of them non-empty. The response has one vector for each.
    public var inputs: [Prompt]
    /// How the vectors are encoded. The server does that; a backend can ignore it.
    public var encodingFormat: EncodingFormat
    /// The requested length of a vector; nil means the model's own. The server shortens the vectors of a model with the
    /// capability `dimensions`, and refuses other lengths than the model's own for all other models; a backend can
    /// ignore it.
    public var dimensions: Int?
    /// Whether inputs that are too long for the model are to be cut. A backend may refuse them anyway. The server cuts
    /// the inputs of a backend that is `Tokenizing`.
    public var truncates = false
    /// The whole body, for parameters without a typed field. Empty unless the backend's `retainedBody` contains
    /// `.json`.
    public var body: JSONObject
    /// Members of the body that Martlet does not know, in the order of the body.
    var unknownParameters: [String] = []
    /// The request id, principal, deadline, header fields and raw body.
    public var context: RequestContext

    /// Creates a request without validating it, for clients and tests.
    public init(
        model: String, inputs: [Prompt], encodingFormat: EncodingFormat = .float, body: JSONObject = [:],
        context: RequestContext = RequestContext()
    ) {
        self.model = model
        self.inputs = inputs
        self.encodingFormat = encodingFormat
        self.body = body
        self.context = context
    }
}
