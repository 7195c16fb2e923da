public import MartletJSON
public import MartletOpenAI

/// A decoded `POST /v1/embeddings`.
public struct EmbeddingRequest: Sendable {
    /// How a vector is written in the reply.
    public struct EncodingFormat: RawRepresentable, Sendable, Hashable {
        /// The word on the wire.
        public let rawValue: String

        /// A format by its word; decoding refuses all but the two below.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// An array of numbers.
        public static let float = EncodingFormat(rawValue: "float")
        /// Base64 of the numbers as little-endian 32-bit floats.
        public static let base64 = EncodingFormat(rawValue: "base64")
    }

    /// The id of the model that answers.
    public var model: String
    /// What to embed, 1 to 2048 inputs when decoded, none of them empty. The reply has one vector for each.
    public var inputs: [Prompt]
    /// The server writes the vectors; the backend need not care.
    public var encodingFormat: EncodingFormat
    /// How many numbers a vector is to have, if not all. The server shortens the vectors of a model that has the
    /// capability `dimensions`, and refuses what is not the length of any other; the backend need not care.
    public var dimensions: Int?
    /// The whole body: what a backend declared to support beyond the typed fields, it reads here.
    public var body: JSONObject
    /// Names in the body that Martlet does not know, in the order they came.
    var unknownParameters: [String] = []
    /// Where the request comes from.
    public var context: RequestContext

    /// A request as a client or a test writes it; nothing is checked.
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
