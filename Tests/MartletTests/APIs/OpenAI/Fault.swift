import MartletJSON
import MartletOpenAI

@testable import Martlet

/// The members of an error without its message.
struct Fault: Equatable {
    var status: Int
    var type: String
    var code: String?
    var param: String?

    static func badRequest(_ code: String?, _ param: String?) -> Fault {
        Fault(status: 400, type: "invalid_request_error", code: code, param: param)
    }

    static func invalid(_ param: String) -> Fault { badRequest("invalid_value", param) }
    static func missing(_ param: String) -> Fault { badRequest("missing_required_parameter", param) }
    static func unsupported(_ param: String) -> Fault { badRequest("unsupported_parameter", param) }
}

/// The error that `body` throws; nil if it throws none.
func fault(_ body: () throws(OpenAIError) -> some Any) -> Fault? {
    do {
        _ = try body()
        return nil
    } catch {
        return Fault(status: error.status, type: error.type, code: error.code, param: error.param)
    }
}

/// Decodes a chat request of one message, "Hi", and the members of `fields`.
func chat(_ fields: JSONObject = [:], _ capabilities: Capabilities = []) throws(OpenAIError) -> ChatRequest {
    var body: JSONObject = ["messages": [["role": "user", "content": "Hi"]]]
    for (name, value) in fields { body[name] = value }
    return try ChatRequest(decoding: body, model: "toy", capabilities: capabilities)
}

/// Decodes a chat request of exactly one message.
func message(_ message: JSONValue, _ capabilities: Capabilities = []) throws(OpenAIError) -> ChatMessage {
    try chat(["messages": [message]], capabilities).messages[0]
}

/// Decodes a completion request of the prompt "Hi" and the members of `fields`.
func completion(
    _ fields: JSONObject = [:], _ capabilities: Capabilities = []
) throws(OpenAIError) -> CompletionRequest {
    var body: JSONObject = ["prompt": "Hi"]
    for (name, value) in fields { body[name] = value }
    return try CompletionRequest(decoding: body, model: "toy", capabilities: capabilities)
}

/// Decodes an embedding request of the input "Hi" and the members of `fields`.
func embedding(
    _ fields: JSONObject = [:], _ capabilities: Capabilities = []
) throws(OpenAIError) -> EmbeddingRequest {
    var body: JSONObject = ["input": "Hi"]
    for (name, value) in fields { body[name] = value }
    return try EmbeddingRequest(decoding: body, model: "toy", capabilities: capabilities)
}
