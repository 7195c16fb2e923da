/// What a backend knows of a model, for clients that show it to people. All of it may be left out.
public struct ModelDetails: Sendable, Hashable {
    /// The architecture, as `gpt2` or `llama`.
    public var family: String?
    /// How many parameters there are.
    public var parameterCount: Int?
    /// How they are held: `F32`, `F16`, `Q8_0`.
    public var quantization: String?
    /// What the file's format is called: `safetensors`, `gguf`.
    public var format: String?
    /// Bytes that the model takes.
    public var size: Int?
    /// Numbers in an embedding.
    public var embeddingLength: Int?

    /// What is known.
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
