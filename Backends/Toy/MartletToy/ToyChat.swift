internal import MartletEngine
internal import MartletJSON
internal import MartletOpenAI

/// A chat as the toy was trained to read it: the template of the card, Backends/Toy/README.md, whose code in Python is
/// Training/template.py.
struct ToyChat {
    var messages: [ChatMessage]
    /// What the model may call.
    var tools: [ToolDefinition] = []
    /// What the reply must be, if that is JSON.
    var schema: JSONValue?
    /// Whether a thought is requested.
    var thinks = false
    /// Whether the last message stays open, for the model to continue it.
    var isOpen = false
    /// Whether the prompt ends with the beginning of an answer.
    var addsAnswer = true

    /// The prompt. Delimiters are markup, and all that clients write is text.
    var pieces: [ChatTemplate.Piece] {
        let leading = messages.prefix { Self.role(of: $0) == "system" }
        var written = leading.map(Self.pieces) + head.map(Self.pieces)
        written += messages.dropFirst(leading.count).map(Self.pieces)
        if isOpen { return Array(written.joined(separator: Self.end)) }
        return written.flatMap { $0 + Self.end } + (addsAnswer ? Self.start(of: "assistant") : [])
    }

    /// The messages that stand for what else the request has.
    private var head: [ChatTemplate.Message] {
        var head: [ChatTemplate.Message] = []
        if !tools.isEmpty {
            head.append(.init(role: "tools", content: tools.map(Self.line).joined(separator: "\n")))
        }
        if let schema {
            let type = SchemaType.name(of: schema)
            let form = ["any", "object"].contains(type) ? "Reply with JSON." : "Reply with JSON: \(type)"
            head.append(.init(role: "format", content: form))
        }
        if thinks { head.append(.init(role: "system", content: "Think first.")) }
        return head
    }

    /// `name(argument: type, optional?: type): first paragraph of the description`.
    private static func line(of tool: ToolDefinition) -> String {
        let signature = tool.name + SchemaType.signature(of: tool.parameters ?? [:])
        let description = firstParagraph(of: tool.description ?? "")
        return description.isEmpty ? signature : "\(signature): \(description)"
    }

    /// The words before the first empty line after a word, with single spaces. White space is what Python's `str.split` takes
    /// for it.
    private static func firstParagraph(of text: String) -> String {
        var words = String.UnicodeScalarView()
        var space = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value) {
                if scalar == "\n", space.last == "\n", !words.isEmpty { break }
                space.append(scalar)
            } else {
                if !space.isEmpty, !words.isEmpty { words.append(" ") }
                words.append(scalar)
                space.removeAll()
            }
        }
        return String(words)
    }

    // MARK: Messages

    private static let end: [ChatTemplate.Piece] = [.markup("<|im_end|>"), .text("\n")]

    private static func start(of role: String) -> [ChatTemplate.Piece] {
        [.markup("<|im_start|>"), .text("\(role)\n")]
    }

    private static func pieces(_ message: ChatTemplate.Message) -> [ChatTemplate.Piece] {
        start(of: message.role) + [.text(message.content)]
    }

    /// A message without its end. Thoughts of earlier messages are left out.
    private static func pieces(_ message: ChatMessage) -> [ChatTemplate.Piece] {
        start(of: role(of: message)) + [.text(message.text)]
            + message.toolCalls.flatMap { [.markup("<tool_call>"), .text(text(of: $0)), .markup("</tool_call>")] }
    }

    private static func role(of message: ChatMessage) -> String {
        (message.role == .developer ? .system : message.role).rawValue
    }

    /// A call as the model writes it. Arguments that are not JSON stay as they are; empty ones are none.
    private static func text(of call: ToolCall) -> String {
        let isEmpty = call.arguments.allSatisfy(\.isWhitespace)
        let arguments = isEmpty ? "{}" : SpacedJSON.text(rewriting: call.arguments) ?? call.arguments
        return #"{"name": \#(SpacedJSON.text(.string(call.name))), "arguments": \#(arguments)}"#
    }
}
