public import MartletJSON

/// A block of a model's reasoning that a client returns unchanged with the conversation: a `thinking` or
/// `redacted_thinking` block of Anthropic's Messages API with its signature, or an item of type `reasoning` of OpenAI's
/// Responses API with its encrypted content. It is sent only to the API that it is from.
public struct ReasoningBlock: Sendable, Equatable {
    /// The block as received.
    public var block: JSONObject
    /// The id of the tool call that the block precedes; nil if it precedes the text.
    public var callID: String?

    public init(_ block: JSONObject, callID: String? = nil) {
        self.block = block
        self.callID = callID
    }

    /// The block's `type`.
    public var type: String { block["type"]?.string ?? "" }
}

extension ReasoningBlock {
    /// The block as JSON of a stored conversation.
    public var json: JSONObject {
        var object: JSONObject = ["block": .object(block)]
        if let callID { object["call_id"] = .string(callID) }
        return object
    }

    /// Reads the format of `json`; nil if there is no block.
    public init?(json: JSONObject) {
        guard let block = json["block"]?.object else { return nil }
        self.init(block, callID: json["call_id"]?.string)
    }
}
