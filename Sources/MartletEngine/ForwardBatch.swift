/// What one step has a model compute: consecutive tokens of several sequences, prompts and answers mixed.
public struct ForwardBatch: Sendable {
    /// Which rows of a segment the engine wants to see.
    public enum Output: Sendable, Hashable {
        /// None: a piece of a prompt that goes on.
        case nothing
        /// The logits after its last token.
        case lastLogits
        /// The logits after each of its tokens.
        case allLogits
        /// The hidden states of each of its tokens, after the model's last norm.
        case allHidden
    }

    /// Consecutive tokens of one sequence. No two segments of a batch are of the same.
    public struct Segment: Sendable {
        /// At least one, each in the vocabulary.
        public let tokens: ArraySlice<Int>
        /// The position of the first one, from 0.
        public let start: Int
        /// Where the sequence's keys and values are: those of position p in slot `p % blockSize` of block
        /// `blocks[p / blockSize]`.
        public let blocks: [Int]
        /// What is wanted of it.
        public let output: Output

        /// A segment as the engine would make it, for an author's own tests and measurements.
        public init(tokens: ArraySlice<Int>, start: Int, blocks: [Int], output: Output) {
            self.tokens = tokens
            self.start = start
            self.blocks = blocks
            self.output = output
        }
    }

    /// In an order without meaning.
    public let segments: [Segment]

    /// A step of these segments.
    public init(segments: [Segment]) { self.segments = segments }

    /// Rows of logits that are wanted, over all segments.
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

/// What a model makes of a batch.
public struct ForwardOutput: Sendable {
    /// [rows, vocabulary]: the rows that were asked for, segment after segment.
    public var logits: [Float]
    /// [rows, hidden size]: likewise.
    public var hidden: [Float]

    /// A step's results.
    public init(logits: [Float], hidden: [Float] = []) {
        self.logits = logits
        self.hidden = hidden
    }
}
