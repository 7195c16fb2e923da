internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /tokenize`, `/detokenize` and `/apply-template`, `GET /tokenizer_info`.
extension Service {
    nonisolated(nonsending) func tokenize(_ request: ModelRequest) async throws {
        let (model, response) = (request.model, request.response)
        let tokenizing = try model.required(model.host.tokenizing, "Tokens")
        let parameters = try await decodeFields(of: request) { body, model, capabilities throws(OpenAIError) in
            try TokenizeRequest(decoding: body, model: model, capabilities: capabilities)
        }
        try reserveTokens(of: parameters.textSize, for: request)
        let (ids, texts) = try await model.host.tokenize {
            let ids: [Int] =
                switch parameters.input {
                case .chat(let chat): try await tokenizing.applyTemplate(chat)
                case .text(let text):
                    try await tokenizing.encode(
                        text, model: model.id, parsesSpecialTokens: parameters.parsesSpecialTokens)
                }
            var texts: [String] = []
            for id in ids where parameters.returnsTexts || parameters.returnsPieces {
                texts.append(try await tokenizing.decode([id], model: model.id))
            }
            return (ids, texts)
        }
        // Each id, and each text if there is one, is in memory twice: as a value and in the response.
        try reserve(ids.count * 16 + texts.reduce(0) { $0 + 48 + 2 * $1.utf8.count }, for: response)
        var writer = JSONWriter()
        writer.object { writer in
            writer.array("tokens") { writer in
                for (index, id) in ids.enumerated() {
                    if parameters.returnsPieces {
                        writer.object {
                            $0.member("id", id)
                            $0.member("piece", texts[index])
                        }
                    } else {
                        writer.value(id)
                    }
                }
            }
            writer.member("count", ids.count)
            writer.member("max_model_len", model.contextLength)
            if parameters.returnsTexts {
                writer.array("token_strs") { for text in texts { $0.value(text) } }
            } else {
                writer.member("token_strs", .null)
            }
        }
        response.send(HTTPResponse(json: writer.bytes))
    }

    nonisolated(nonsending) func detokenize(_ request: ModelRequest) async throws {
        let (model, response) = (request.model, request.response)
        let tokenizing = try model.required(model.host.tokenizing, "Tokens")
        let parameters = try await decodeFields(of: request) { body, _, _ throws(OpenAIError) in
            try DetokenizeRequest(decoding: body)
        }
        let text = try await model.host.tokenize { try await tokenizing.decode(parameters.tokenIDs, model: model.id) }
        // The text is in memory once as a value and twice in the response.
        try reserve(text.utf8.count * 3, for: response)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("prompt", text)
            writer.member("content", text)
        }
        response.send(HTTPResponse(json: writer.bytes))
    }

    nonisolated(nonsending) func applyTemplate(_ request: ModelRequest) async throws {
        let (model, response) = (request.model, request.response)
        let tokenizing = try model.required(model.host.tokenizing, "Chat templates")
        let chat = try await decode(request) { body, model, capabilities throws(OpenAIError) in
            try ChatRequest(decoding: body, model: model, capabilities: capabilities)
        }
        try reserveTokens(of: chat.textSize, for: request)
        let (ids, text) = try await model.host.tokenize {
            let ids = try await tokenizing.applyTemplate(chat)
            return (ids, try await tokenizing.decode(ids, model: model.id))
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("prompt", text)
            writer.member("tokens", ids)
        }
        response.send(HTTPResponse(json: writer.bytes))
    }

    nonisolated(nonsending) func tokenizerInfo(_ request: ModelRequest) async throws {
        let (model, response) = (request.model, request.response)
        let tokenizing = try model.required(model.host.tokenizing, "Tokens")
        let info = try await model.host.call { try await tokenizing.tokenizerInfo(of: model.id) }
        var writer = JSONWriter()
        writer.object { writer in
            if let text = info.endOfText { writer.member("eos_token", text) }
            if let text = info.beginningOfText { writer.member("bos_token", text) }
            if let text = info.padding { writer.member("pad_token", text) }
            if let size = info.vocabularySize { writer.member("vocab_size", size) }
            if let limit = model.contextLength { writer.member("model_max_length", limit) }
            if let template = info.chatTemplate { writer.member("chat_template", template) }
        }
        response.send(HTTPResponse(json: writer.bytes))
    }
}
