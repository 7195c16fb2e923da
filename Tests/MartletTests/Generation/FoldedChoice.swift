import MartletOpenAI

@testable import Martlet

/// A fold and the deltas that it has emitted.
final class FoldedChoice {
    private(set) var fold: ChoiceFold
    private(set) var emitted: [String] = []

    init(stop: [String] = [], maxTokens: Int? = nil, keepsTokens: Bool = false, _ rules: ChoiceFold.Rules = .init()) {
        var rules = rules
        rules.maxTokens = maxTokens
        rules.keepsTokens = keepsTokens
        fold = ChoiceFold(StopMatcher(stop), rules)
    }

    /// Returns whether the framework ended the choice because of the event.
    @discardableResult
    func receive(_ event: StreamEvent) -> Bool {
        fold.receive(event) { emitted.append(Self.describe($0)) }
    }

    func finish(_ reason: FinishReason? = nil) {
        fold.finish(reason) { emitted.append(Self.describe($0)) }
    }

    /// Each token with its offset, if there are any.
    private static func ids(_ emitted: [EmittedToken]) -> String {
        emitted.isEmpty ? "" : emitted.map { "\($0.token.id ?? -1)@\($0.offset)" }.joined(separator: ",") + ":"
    }

    private static func describe(_ delta: ReplyDelta) -> String {
        switch delta {
        case .start: "start"
        case .prompt(let bytes, let emitted): "prompt \(ids(emitted))\(String(decoding: bytes, as: UTF8.self))"
        case .text(let bytes, let emitted): ids(emitted) + String(decoding: bytes, as: UTF8.self)
        case .reasoning(let text): "(\(text))"
        case .toolCall(let fragment): "call \(fragment.index) \(fragment.arguments)"
        case .finish(let reason, _): "finish \(reason.rawValue)"
        }
    }
}
