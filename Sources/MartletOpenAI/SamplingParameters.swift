/// How the next token is chosen.
public struct SamplingParameters: Sendable, Hashable {
    /// 0 is greedy, 1 samples as the model says; 0 to 2.
    public var temperature: Double
    /// The share of probability that the candidates together must reach; 0 to 1.
    public var topP: Double
    /// Equal seeds give equal answers to equal requests, where the backend can.
    public var seed: Int?

    /// OpenAI's defaults, or others; nothing is checked.
    public init(temperature: Double = 1, topP: Double = 1, seed: Int? = nil) {
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
    }
}
