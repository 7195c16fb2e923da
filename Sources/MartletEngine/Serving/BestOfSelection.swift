internal import Martlet

/// The candidates of a request with `best_of`. They are buffered until all have ended; then the likeliest are emitted.
struct BestOfSelection {
    /// A token, and the end of the candidate if it was the last.
    struct Entry {
        let token: Token
        let end: StepResult.End?
    }

    private struct Candidate {
        /// Finds where a stop string ends it. What it emits is discarded.
        var output: ChoiceOutput
        var entries: [Entry] = []
        var sum = 0.0
        var isOver = false

        /// The mean log-probability of its tokens.
        var score: Double { entries.isEmpty ? 0 : sum / Double(entries.count) }
    }

    private var candidates: [Candidate]
    private let winnerCount: Int

    /// - Parameter output: how each candidate's tokens become events, with all stop strings.
    init(_ output: EngineMessage.Output, candidates count: Int, winners: Int) {
        candidates = (0..<count).map { Candidate(output: ChoiceOutput(output, choice: $0)) }
        winnerCount = winners
    }

    var isOver: Bool { candidates.allSatisfy(\.isOver) }

    /// Generated tokens of all candidates.
    var tokenCount: Int {
        candidates.reduce(0) { sum, candidate in sum + candidate.entries.count { $0.end != .stop } }
    }

    /// Buffers a candidate's token. Returns whether it was the last. Tokens after that are ignored.
    mutating func receive(_ token: Token, choice: Int, end: StepResult.End?) -> Bool {
        if candidates[choice].isOver { return false }
        candidates[choice].entries.append(Entry(token: token, end: end))
        candidates[choice].sum += Double(token.logprob ?? 0)
        let isStopped = end != .stop && candidates[choice].output.receive(token, isLast: end != nil) { _ in }
        return isStopped || end != nil
    }

    mutating func finish(choice: Int) { candidates[choice].isOver = true }

    /// The tokens of the likeliest candidates, the best first, ties in the order of choices.
    var winners: [[Entry]] {
        let order = candidates.indices.sorted {
            candidates[$0].score != candidates[$1].score ? candidates[$0].score > candidates[$1].score : $0 < $1
        }
        return order.prefix(winnerCount).map { candidates[$0].entries }
    }
}
