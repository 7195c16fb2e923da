internal import MartletJSON
internal import MartletOpenAI

/// A decoded `POST /tokenize`, with the parameters of vLLM and of llama.cpp.
struct TokenizeRequest: Sendable {
    enum Input: Sendable {
        case text(String)
        case chat(ChatRequest)
    }

    let input: Input
    /// Whether the spelling of a special token is encoded as that token.
    let parsesSpecialTokens: Bool
    /// vLLM's `return_token_strs`: the response has a second array with the text of each token.
    let returnsTexts: Bool
    /// llama.cpp's `with_pieces`: each token is an object with its id and text.
    let returnsPieces: Bool

    /// The length of the text in bytes.
    var textSize: Int {
        switch input {
        case .text(let text): text.utf8.count
        case .chat(let chat): chat.textSize
        }
    }

    /// Decodes and validates a body. The first error is a 400 with its `param`.
    init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
        let root = Field(body)
        let names = ["prompt", "content", "messages"].filter { root.member($0) != nil }
        guard let name = names.first else {
            throw .missingParameter("prompt", "`prompt` is required: send the text to tokenize, or `messages`.")
        }
        if names.count > 1 {
            throw .invalidValue(names[1], "`\(names[1])` and `\(name)` exclude each other; send one of them.")
        }
        if name == "messages" {
            input = .chat(try ChatRequest(decoding: body, model: model, capabilities: capabilities))
        } else {
            input = .text(try root.required(name, "the text to tokenize").string())
        }
        parsesSpecialTokens = try root.member("parse_special")?.bool() ?? true
        returnsTexts = try root.member("return_token_strs")?.bool() ?? false
        returnsPieces = try root.member("with_pieces")?.bool() ?? false
        // These have no effect, because no tokenizer adds special tokens, but their type is validated.
        for name in ["add_special_tokens", "add_special"] { _ = try root.member(name)?.bool() }
    }
}

/// A decoded `POST /detokenize`.
struct DetokenizeRequest: Sendable {
    let tokenIDs: [Int]

    /// Decodes and validates a body. The first error is a 400 with its `param`.
    init(decoding body: JSONObject) throws(OpenAIError) {
        let field = try Field(body).required("tokens", "an array of token ids")
        var ids: [Int] = []
        for element in try field.elements("an array of token ids") {
            ids.append(try element.integer(in: 0...Int(Int32.max)))
        }
        tokenIDs = ids
    }
}
