/// A model's results row by row, in the order they were asked for. A model that gives fewer than it was asked for gives
/// zeros.
struct OutputRows {
    private let output: ForwardOutput
    private let vocabularySize: Int
    private let hiddenSize: Int
    private var logitRow = 0
    private var hiddenRow = 0

    init(_ output: ForwardOutput, _ configuration: LanguageModelConfiguration) {
        self.output = output
        vocabularySize = configuration.vocabularySize
        hiddenSize = configuration.hiddenSize
    }

    mutating func nextLogits() -> Logits {
        defer { logitRow += 1 }
        let row = output.logits.dropFirst(logitRow * vocabularySize).prefix(vocabularySize)
        return Logits(values: row.count == vocabularySize ? Array(row) : Array(repeating: 0, count: vocabularySize))
    }

    /// [hidden size]
    mutating func nextHidden() -> ArraySlice<Float> {
        defer { hiddenRow += 1 }
        return output.hidden.dropFirst(hiddenRow * hiddenSize).prefix(hiddenSize)
    }
}
