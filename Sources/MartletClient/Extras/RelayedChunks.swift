internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// Turns the events of a chat through another API into OpenAI's chunks.
struct RelayedChunks {
    private let id = "chatcmpl-\(RandomID.next())"
    private let created = EventLoop.unixTime
    /// The calls that have begun: only their first chunk has the id and the name.
    private var calls: Set<Int> = []

    /// The chunk of an event; nil if it has no content.
    ///
    /// - Parameter model: As the server names it.
    mutating func chunk(of event: ChatEvent, model: String) -> JSONObject? {
        var delta: JSONObject = [:]
        var choice: JSONObject = ["index": .number(JSONNumber(event.choice))]
        switch event.kind {
        case .text(let text): delta["content"] = .string(text)
        case .reasoning(let text): delta["reasoning_content"] = .string(text)
        case .refusal(let text): delta["refusal"] = .string(text)
        case .toolCall(let piece): delta["tool_calls"] = [.object(json(of: piece))]
        case .logprobs(let value): choice["logprobs"] = value
        case .finish(let reason): choice["finish_reason"] = .string(reason.rawValue)
        case .usage(let usage): return chunk(choices: [], usage: usage, model)
        case .other: return nil
        }
        choice["delta"] = .object(delta)
        return chunk(choices: [.object(choice)], usage: nil, model)
    }

    private func chunk(choices: [JSONValue], usage: Usage?, _ model: String) -> JSONObject {
        var chunk: JSONObject = [
            "id": .string(id), "object": "chat.completion.chunk", "created": .number(JSONNumber(created)),
            "model": .string(model), "choices": .array(choices),
        ]
        if let usage {
            var writer = JSONWriter()
            usage.write(to: &writer)
            chunk["usage"] = try? JSONValue(parsing: writer.bytes)
        }
        return chunk
    }

    private mutating func json(of piece: ChatEvent.ToolCallDelta) -> JSONObject {
        var function: JSONObject = ["arguments": .string(piece.arguments)]
        var call: JSONObject = ["index": .number(JSONNumber(piece.index))]
        if calls.insert(piece.index).inserted {
            call["id"] = .string(piece.call.id)
            call["type"] = "function"
            function["name"] = .string(piece.call.name)
        }
        call["function"] = .object(function)
        return call
    }
}
