/// Facts about a model that clients display. Unknown ones are nil.
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
