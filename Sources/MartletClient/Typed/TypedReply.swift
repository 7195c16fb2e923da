public import MartletOpenAI

/// A reply whose text was decoded.
public struct TypedReply<Value: Decodable & Sendable>: Sendable {
    /// The decoded text of the first choice.
    public var value: Value
    /// The reply, with the text as the model wrote it.
    public var reply: ChatReply

    /// The first choice's message, to append to the conversation.
    public var message: ChatMessage { reply.message }
    /// Token counts, if the server sent them.
    public var usage: Usage? { reply.usage }
}

/// Why there is no value.
public enum TypedReplyError: Error, Sendable {
    /// Nothing was sent, or no complete reply arrived: the error of `chat` or `stream` without a type.
    case failed(ClientError)
    /// The reply was cut off at the token limit. The text is what arrived.
    case truncated(text: String)
    /// The model or the server refused to reply. The text is the refusal, or else what arrived.
    case refused(text: String)
    /// The text is not JSON, or does not decode. The path names the value that does not, such as `steps[2].minutes`; it is
    /// empty for the whole text. The problem is a sentence without an end, which names the path too.
    case invalid(text: String, path: String, problem: String)
}

extension TypedReplyError: CustomStringConvertible {
    /// One sentence; for a refusal with up to 500 bytes of its text.
    public var description: String {
        switch self {
        case .failed(let error): error.description
        case .truncated(let text):
            "The reply was cut off at the token limit, after \(text.utf8.count) bytes; allow more tokens."
        case .refused(let text) where text.isEmpty: "The server withheld the reply."
        case .refused(let text): "The model refused: \(text.truncated(toBytes: 500))"
        case .invalid(_, _, let problem): "The reply does not fit: \(problem)."
        }
    }
}

extension ChatReply {
    /// Decodes the text of the first choice, as `chat(_:as:)` does.
    ///
    /// For replies that were requested in another way, such as the last one of `runTools`. Dates are date-times of
    /// RFC 3339.
    ///
    /// - Throws: `TypedReplyError`: `truncated`, `refused` or `invalid`.
    public func decoded<Value: Decodable & Sendable>(as type: Value.Type) throws(TypedReplyError) -> Value {
        if finishReason == .contentFilter || !refusal.isEmpty {
            throw .refused(text: refusal.isEmpty ? content : refusal)
        }
        if finishReason == .length { throw .truncated(text: content) }
        if content.isEmpty {
            let problem = hasToolCalls ? "it calls a tool and has no text" : "it has no text"
            throw .invalid(text: "", path: "", problem: problem)
        }
        do { return try JSONValueDecoder(JSONValue(parsing: Array(content.utf8))).decode(type) } catch {
            let fault = DecodingFault(error, droppingFirst: Value.self is any WrappedValue.Type ? 1 : 0)
            throw .invalid(text: content, path: fault.path, problem: fault.sentence)
        }
    }

    /// The same with the value as `format` sends it.
    func decoded<Value: Decodable & Sendable>(
        as type: Value.Type, in format: TypedFormat
    ) throws(TypedReplyError) -> Value {
        format.isWrapped ? try decoded(as: Wrapped<Value>.self).value : try decoded(as: type)
    }

    private var refusal: String {
        (choices.first?.message.content ?? []).filter { $0.kind == .refusal }.compactMap(\.text).joined()
    }
}

/// The object around a value whose JSON is not an object.
private struct Wrapped<Value: Decodable & Sendable>: WrappedValue, Sendable { var value: Value }

private protocol WrappedValue: Decodable {}
