internal import MartletJSON
internal import MartletOpenAI

/// A decoded `POST /tokenize`, in vLLM's and llama.cpp's words.
struct TokenizeRequest: Sendable {
    /// What is to be tokenized.
    enum Input: Sendable {
        case text(String)
        case chat(ChatRequest)
    }

    let input: Input
    /// Whether the spellings of special tokens mean those tokens.
    let parsesSpecialTokens: Bool
    /// vLLM's `return_token_strs`: the tokens' texts in a list of their own.
    let returnsTexts: Bool
    /// llama.cpp's `with_pieces`: each token an object of id and text.
    let returnsPieces: Bool

    /// Bytes of the text.
    var textSize: Int {
        switch input {
        case .text(let text): text.utf8.count
        case .chat(let chat): chat.textSize
        }
    }

    /// Reads and checks a body; the first fault is a 400 that names its `param`.
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
        // No tokenizer here adds any; the words are checked all the same.
        for name in ["add_special_tokens", "add_special"] { _ = try root.member(name)?.bool() }
    }
}

/// A decoded `POST /detokenize`.
struct DetokenizeRequest: Sendable {
    let tokenIDs: [Int]

    /// Reads and checks a body; the first fault is a 400 that names its `param`.
    init(decoding body: JSONObject) throws(OpenAIError) {
        let field = try Field(body).required("tokens", "an array of token ids")
        var ids: [Int] = []
        for element in try field.elements("an array of token ids") {
            ids.append(try element.integer(in: 0...Int(Int32.max)))
        }
        tokenIDs = ids
    }
}
