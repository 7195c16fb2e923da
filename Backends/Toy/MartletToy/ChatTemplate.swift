/// How a conversation becomes the tokens that the model continues with the assistant's answer.
package enum ChatTemplate: Sendable, Equatable {
    package struct Message: Sendable, Equatable {
        package var role: String
        package var content: String

        package init(role: String, content: String) {
            self.role = role
            self.content = content
        }
    }

    /// `<|im_start|>role\ncontent<|im_end|>\n` for each message. Holds the ids of the two tokens.
    case chatML(start: Int, end: Int)
    /// `Role: content\n` for each message, for models that know no chat.
    case transcript

    /// ChatML when the vocabulary has its tokens.
    package init(for tokenizer: Tokenizer) {
        if let start = tokenizer.id(ofAddedToken: "<|im_start|>"), let end = tokenizer.id(ofAddedToken: "<|im_end|>") {
            self = .chatML(start: start, end: end)
        } else {
            self = .transcript
        }
    }

    /// The token that ends an answer, if the template has one.
    package var endID: Int? {
        if case .chatML(_, let end) = self { end } else { nil }
    }

    /// Texts that end an answer: without a token for it, the model runs on into the next speaker's line.
    package var stopStrings: [String] {
        self == .transcript ? ["\nUser:", "\nSystem:", "\nTool:"] : []
    }

    /// The conversation up to where the answer begins.
    ///
    /// Roles and contents are encoded as text: only the template itself emits special tokens, so that no message can
    /// end itself and speak as somebody else.
    package func encode(_ messages: [Message], with tokenizer: Tokenizer) -> [Int] {
        func text(_ text: String) -> [Int] { tokenizer.encode(text, parsingSpecialTokens: false) }
        switch self {
        case .chatML(let start, let end):
            let lineEnd = text("\n")
            var ids: [Int] = []
            for message in messages {
                ids += [start] + text("\(message.role)\n\(message.content)") + [end] + lineEnd
            }
            return ids + [start] + text("assistant\n")
        case .transcript:
            let lines = messages.map { "\($0.role.prefix(1).uppercased())\($0.role.dropFirst()): \($0.content)\n" }
            return text(lines.joined() + "Assistant:")
        }
    }
}
