/// What a model computes in one step: consecutive tokens of several sequences, prompts and continuations mixed.
public struct ForwardBatch: Sendable {
    /// Which rows of a segment the engine needs.
    public enum Output: Sendable, Hashable {
        /// None: a part of a prompt whose rest is computed later.
        case nothing
        /// The logits after its last token.
        case lastLogits
        /// The logits after each of its tokens.
        case allLogits
        /// The hidden states of each of its tokens, after the model's last norm.
        case allHidden
    }

    /// Consecutive tokens of one sequence. No two segments of a batch belong to the same sequence.
    public struct Segment: Sendable {
        /// At least one, each in the vocabulary.
        public let tokens: ArraySlice<Int>
        /// The position of the first one, from 0.
        public let start: Int
        /// The blocks of the sequence's keys and values: those of position p are in slot `p % blockSize` of block
        /// `blocks[p / blockSize]`.
        public let blocks: [Int]
        /// The rows that `ForwardOutput` has for it.
        public let output: Output

        /// A segment as the engine makes it, for tests and measurements of a model.
        public init(tokens: ArraySlice<Int>, start: Int, blocks: [Int], output: Output) {
            self.tokens = tokens
            self.start = start
            self.blocks = blocks
            self.output = output
        }
    }

    /// In no particular order.
    public let segments: [Segment]

    /// A batch of these segments, for tests and measurements of a model.
    public init(segments: [Segment]) { self.segments = segments }

    /// Rows of logits that all segments together ask for.
    public var logitRows: Int {
        segments.reduce(0) { sum, segment in
            switch segment.output {
            case .nothing, .allHidden: sum
            case .lastLogits: sum + 1
            case .allLogits: sum + segment.tokens.count
            }
        }
    }
}

/// The rows that a batch asked for.
public struct ForwardOutput: Sendable {
    /// [rows, vocabulary], segment after segment in the order of the batch.
    public var logits: [Float]
    /// [rows, hidden size], in the same order.
    public var hidden: [Float]

    /// Fewer rows than the batch asked for count as zeros.
    public init(logits: [Float], hidden: [Float] = []) {
        self.logits = logits
        self.hidden = hidden
    }
}

/// Reads a model's output row by row, in the order of the batch. Missing rows are zeros.
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

extension [Float] {
    mutating func add(_ other: ArraySlice<Float>) {
        for (index, value) in zip(indices, other) { self[index] += value }
    }
}
