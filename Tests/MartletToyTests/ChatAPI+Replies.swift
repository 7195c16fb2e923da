import MartletJSON
import MartletTestSupport

extension ChatAPI {
    /// The reply in a body.
    func whole(_ body: JSONValue) throws -> APIReply {
        var reply = APIReply()
        switch self {
        case .chatCompletions:
            let choice = body["choices"]?[0]
            reply.text = choice?["message"]?["content"]?.string ?? ""
            reply.thinking = choice?["message"]?["reasoning_content"]?.string ?? ""
            for call in choice?["message"]?["tool_calls"]?.array ?? [] {
                reply.call(call["function"]?["name"], try Self.parsed(call["function"]?["arguments"]))
            }
            reply.reason = choice?["finish_reason"]?.string ?? ""
            add(body["usage"], to: &reply)
        case .responses: try addResponse(body, to: &reply)
        case .messages:
            for block in body["content"]?.array ?? [] {
                reply.text += block["text"]?.string ?? ""
                reply.thinking += block["thinking"]?.string ?? ""
                if block["type"] == "tool_use" { reply.call(block["name"], block["input"]) }
            }
            setReason(body["stop_reason"], of: &reply)
            add(body["usage"], to: &reply)
        case .ollama: reply = try streamed([body])
        }
        return reply
    }

    /// The reply that the events of a stream add up to.
    func streamed(_ events: [JSONValue]) throws -> APIReply {
        var reply = APIReply()
        var arguments: [String] = []
        var names: [JSONValue] = []
        for event in events {
            switch self {
            case .chatCompletions:
                let choice = event["choices"]?[0]
                let delta = choice?["delta"]
                reply.text += delta?["content"]?.string ?? ""
                reply.thinking += delta?["reasoning_content"]?.string ?? ""
                for call in delta?["tool_calls"]?.array ?? [] {
                    if let name = call["function"]?["name"] {
                        names.append(name)
                        arguments.append("")
                    }
                    arguments[arguments.count - 1] += call["function"]?["arguments"]?.string ?? ""
                }
                reply.reason = choice?["finish_reason"]?.string ?? reply.reason
                add(event["usage"], to: &reply)
            case .responses: try addEvent(event, to: &reply)
            case .messages:
                if event["content_block"]?["type"] == "tool_use", let name = event["content_block"]?["name"] {
                    names.append(name)
                    arguments.append("")
                }
                let delta = event["delta"]
                reply.text += delta?["text"]?.string ?? ""
                reply.thinking += delta?["thinking"]?.string ?? ""
                if let piece = delta?["partial_json"]?.string { arguments[arguments.count - 1] += piece }
                if let reason = delta?["stop_reason"] { setReason(reason, of: &reply) }
                add(event["usage"], to: &reply)
            case .ollama:
                reply.text += event["message"]?["content"]?.string ?? ""
                reply.thinking += event["message"]?["thinking"]?.string ?? ""
                for call in event["message"]?["tool_calls"]?.array ?? [] {
                    reply.call(call["function"]?["name"], call["function"]?["arguments"])
                }
                reply.reason = event["done_reason"]?.string ?? reply.reason
                add(event, to: &reply)
            }
        }
        for (name, text) in zip(names, arguments) { reply.call(name, try Self.parsed(.string(text))) }
        if self == .ollama, reply.reason == "stop", !reply.calls.isEmpty { reply.reason = "tool_calls" }
        return reply
    }

    // MARK: Parts

    private static func parsed(_ arguments: JSONValue?) throws -> JSONValue {
        try JSONValue(parsing: Array((arguments?.string ?? "").utf8))
    }

    private func add(_ usage: JSONValue?, to reply: inout APIReply) {
        guard let usage else { return }
        let prompt = usage["prompt_tokens"] ?? usage["input_tokens"] ?? usage["prompt_eval_count"]
        let tokens = usage["completion_tokens"] ?? usage["output_tokens"] ?? usage["eval_count"]
        if let prompt = prompt?.number?.int {
            // Anthropic's `input_tokens` are without those of the cache.
            reply.promptTokens = prompt + (usage["cache_read_input_tokens"]?.number?.int ?? 0)
        }
        if let tokens = tokens?.number?.int { reply.tokens = tokens }
    }

    private func setReason(_ reason: JSONValue?, of reply: inout APIReply) {
        switch reason?.string {
        case "end_turn", "stop_sequence": reply.reason = "stop"
        case "max_tokens": reply.reason = "length"
        case "tool_use": reply.reason = "tool_calls"
        default: reply.reason = reason?.description ?? ""
        }
    }

    /// A response as a document.
    private func addResponse(_ response: JSONValue, to reply: inout APIReply) throws {
        var called: [String] = []
        for item in response["output"]?.array ?? [] {
            for part in item["content"]?.array ?? [] {
                if item["type"] == "reasoning" {
                    reply.thinking += part["text"]?.string ?? ""
                } else {
                    reply.text += part["text"]?.string ?? ""
                }
            }
            if item["type"] == "function_call" {
                var call = APIReply()
                call.call(item["name"], try Self.parsed(item["arguments"]))
                called += call.calls
            }
        }
        reply.calls = called
        let isCut = response["incomplete_details"]?["reason"] == "max_output_tokens"
        reply.reason = isCut ? "length" : called.isEmpty ? "stop" : "tool_calls"
        add(response["usage"], to: &reply)
    }

    /// Text and thinking are those of the deltas; the last event has the rest, and must repeat them.
    private func addEvent(_ event: JSONValue, to reply: inout APIReply) throws {
        switch event["type"]?.string {
        case "response.output_text.delta": reply.text += event["delta"]?.string ?? ""
        case "response.reasoning_text.delta": reply.thinking += event["delta"]?.string ?? ""
        case "response.completed", "response.incomplete":
            var whole = APIReply()
            try addResponse(event["response"] ?? .null, to: &whole)
            let isRepeated = whole.text == reply.text && whole.thinking == reply.thinking
            reply = whole
            if !isRepeated { reply.reason = "the last event does not repeat the deltas" }
        default: break
        }
    }
}
