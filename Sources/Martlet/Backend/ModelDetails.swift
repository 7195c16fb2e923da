/// Facts about a model, for clients that display them and for the run's records. Unknown ones are nil.
public struct ModelDetails: Sendable, Hashable {
    /// The architecture, such as `gpt2` or `llama`.
    public var family: String?
    /// The number of parameters.
    public var parameterCount: Int?
    /// The type of the stored parameters, such as `F32`, `F16` or `Q8_0`.
    public var quantization: String?
    /// The file format, such as `safetensors` or `gguf`.
    public var format: String?
    /// The size of the model in bytes.
    public var size: Int?
    /// The length of an embedding vector. If it is known, a wrong `dimensions` is refused before the backend is called.
    public var embeddingLength: Int?
    /// The number of token ids.
    public var vocabularySize: Int?
    /// The width of a hidden state.
    public var hiddenSize: Int?
    /// The number of transformer blocks.
    public var layerCount: Int?
    /// The number of attention heads of a layer.
    public var headCount: Int?
    /// The number of heads of a layer that have keys and values of their own; `headCount` without sharing.
    public var keyValueHeadCount: Int?
    /// The width of one attention head.
    public var headSize: Int?
    /// The width between the two halves of a feed-forward block.
    public var feedForwardSize: Int?
    /// Where the model was loaded from. For the operator: no endpoint returns it.
    public var path: String?

    public init(
        family: String? = nil, parameterCount: Int? = nil, quantization: String? = nil, format: String? = nil,
        size: Int? = nil, embeddingLength: Int? = nil
    ) {
        self.family = family
        self.parameterCount = parameterCount
        self.quantization = quantization
        self.format = format
        self.size = size
        self.embeddingLength = embeddingLength
    }
}
