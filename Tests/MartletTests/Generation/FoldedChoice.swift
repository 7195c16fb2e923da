import MartletOpenAI

@testable import Martlet

/// A fold and what it has told.
final class FoldedChoice {
    private(set) var fold: ChoiceFold
    private(set) var told: [String] = []

    init(stop: [String] = [], maxTokens: Int? = nil, keepsTokens: Bool = false, _ rules: ChoiceFold.Rules = .init()) {
        var rules = rules
        rules.maxTokens = maxTokens
        rules.keepsTokens = keepsTokens
        fold = ChoiceFold(StopMatcher(stop), rules)
    }

    /// Returns whether the event ended the choice before the backend did.
    @discardableResult
    func receive(_ event: StreamEvent) -> Bool {
        fold.receive(event) { told.append(Self.describe($0)) }
    }

    func finish(_ reason: FinishReason? = nil) {
        fold.finish(reason) { told.append(Self.describe($0)) }
    }

    /// Each with where it begins, if there are any.
    private static func ids(_ told: [EmittedToken]) -> String {
        told.isEmpty ? "" : told.map { "\($0.token.id ?? -1)@\($0.offset)" }.joined(separator: ",") + ":"
    }

    private static func describe(_ delta: ReplyDelta) -> String {
        switch delta {
        case .start: "start"
        case .prompt(let bytes, let told): "prompt \(ids(told))\(String(decoding: bytes, as: UTF8.self))"
        case .text(let bytes, let told): ids(told) + String(decoding: bytes, as: UTF8.self)
        case .reasoning(let text): "(\(text))"
        case .toolCall(let fragment): "call \(fragment.index) \(fragment.arguments)"
        case .finish(let reason, _): "finish \(reason.rawValue)"
        }
    }
}
