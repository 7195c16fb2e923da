package import MartletModels

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

    /// What a template renders.
    package struct Conversation: Sendable, Equatable {
        package var messages: [Message] = []
        /// Whether the last message stays open, to be gone on with.
        package var continuesLastMessage = false
        /// Whether the prompt ends with the beginning of an answer.
        package var beginsAnswer = true

        package init(_ messages: [Message] = []) { self.messages = messages }
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

    /// The conversation up to where the answer begins or goes on.
    ///
    /// Roles and contents are encoded as text: only the template itself emits special tokens, so that no message can
    /// end itself and speak as somebody else.
    package func encode(_ conversation: Conversation, with tokenizer: Tokenizer) -> [Int] {
        func text(_ text: String) -> [Int] { tokenizer.encode(text, parsingSpecialTokens: false) }
        let messages = conversation.messages
        let last = conversation.continuesLastMessage ? messages.indices.last : nil
        switch self {
        case .chatML(let start, let end):
            var ids: [Int] = []
            for (index, message) in messages.enumerated() {
                ids += [start] + text("\(message.role)\n\(message.content)")
                if index == last { return ids }
                ids += [end] + text("\n")
            }
            return conversation.beginsAnswer ? ids + [start] + text("assistant\n") : ids
        case .transcript:
            var lines = ""
            for (index, message) in messages.enumerated() {
                lines += "\(message.role.prefix(1).uppercased())\(message.role.dropFirst()): \(message.content)"
                if index == last { return text(lines) }
                lines += "\n"
            }
            return text(lines + (conversation.beginsAnswer ? "Assistant:" : ""))
        }
    }
}
