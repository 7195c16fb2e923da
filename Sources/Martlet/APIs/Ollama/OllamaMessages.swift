internal import MartletJSON
internal import MartletOpenAI

/// Translates the messages of an Ollama request into OpenAI's.
enum OllamaMessages {
    static func translate(_ field: Field) throws(OpenAIError) -> [JSONValue] {
        var messages: [JSONValue] = []
        var open: [(id: String, name: String)] = []
        var callCount = 0
        for message in try field.elements("an array of messages") {
            var result = try message.object()
            result["content"] = try content(of: message)
            result["images"] = nil
            result["reasoning_content"] = result["thinking"]
            result["thinking"] = nil
            if let calls = message.member("tool_calls") {
                var translated: [JSONValue] = []
                open = []
                for call in try calls.elements("an array of tool calls") {
                    callCount += 1
                    let (value, id, name) = try self.call(call, number: callCount)
                    translated.append(value)
                    open.append((id, name))
                }
                result["tool_calls"] = translated.isEmpty ? nil : .array(translated)
            }
            if result["role"] == "tool" {
                let name = try (message.member("tool_name") ?? message.member("name"))?.string()
                let place = open.firstIndex { name == nil || $0.name == name } ?? open.indices.first
                // A result without a call is kept; it only needs some id.
                let id = try message.member("tool_call_id")?.string() ?? place.map { open[$0].id } ?? "call_0"
                if let place { open.remove(at: place) }
                result["tool_call_id"] = .string(id)
                result["tool_name"] = nil
            }
            messages.append(.object(result))
        }
        return messages
    }

    /// The text of a message, followed by its images.
    private static func content(of message: Field) throws(OpenAIError) -> JSONValue {
        let text = try message.member("content")?.string() ?? ""
        guard let field = message.member("images") else { return .string(text) }
        var parts: [JSONValue] = text.isEmpty ? [] : [["type": "text", "text": .string(text)]]
        for image in try field.elements("an array of images in base64") {
            let data = try image.string()
            let url = "data:\(mediaType(ofBase64: data));base64,\(data)"
            parts.append(["type": "image_url", "image_url": ["url": .string(url)]])
        }
        return parts.isEmpty ? .string(text) : .array(parts)
    }

    /// What the first bytes say: Ollama's clients name no type, and other servers want one.
    private static func mediaType(ofBase64 data: String) -> String {
        let known = [("iVBORw0K", "png"), ("/9j/", "jpeg"), ("R0lGOD", "gif"), ("UklGR", "webp"), ("Qk", "bmp")]
        return "image/\(known.first { data.hasPrefix($0.0) }?.1 ?? "*")"
    }

    /// A call with its arguments as text, and with an id, which is optional in Ollama's API.
    private static func call(
        _ call: Field, number: Int
    ) throws(OpenAIError) -> (value: JSONValue, id: String, name: String) {
        let function = try call.required("function", "the call's name and arguments")
        let name = try function.required("name", "the function's name").string()
        let arguments = function.member("arguments")
        let object = try arguments?.object() ?? [:]
        let id = try call.member("id")?.string() ?? "call_\(number)"
        let value: JSONValue = [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(JSONValue.object(object).description)],
        ]
        return (value, id, name)
    }
}
