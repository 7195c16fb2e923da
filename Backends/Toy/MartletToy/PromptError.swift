/// What can be wrong with token ids.
package enum PromptError: Error, Equatable, CustomStringConvertible {
    case empty
    case unknownToken(Int)
    case tooLong(count: Int, limit: Int)

    package var description: String {
        switch self {
        case .empty: "The prompt has no tokens."
        case .unknownToken(let id): "Token \(id) is not in the vocabulary."
        case .tooLong(let count, let limit): "The prompt has \(count) tokens; this model takes at most \(limit)."
        }
    }
}
