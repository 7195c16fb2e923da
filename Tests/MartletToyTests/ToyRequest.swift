import Martlet
import MartletJSON
import MartletTesting
import Testing

/// A request to a served toy, to be answered whole or streamed.
struct ToyRequest: Sendable {
    private let path: String
    private let members: JSONObject

    static func chat(_ text: String, _ more: JSONValue = [:]) -> ToyRequest {
        ToyRequest("/v1/chat/completions", ["messages": [["role": "user", "content": .string(text)]]], more)
    }

    static func completion(_ prompt: JSONValue, _ more: JSONValue = [:]) -> ToyRequest {
        ToyRequest("/v1/completions", ["prompt": prompt], more)
    }

    static func embedding(_ input: JSONValue) -> ToyRequest { ToyRequest("/v1/embeddings", ["input": input], [:]) }

    private init(_ path: String, _ content: JSONValue, _ more: JSONValue) {
        self.path = path
        var members = JSONObject()
        for part in [content, more] {
            for (name, value) in part.object ?? JSONObject() { members[name] = value }
        }
        self.members = members
    }

    fileprivate func send(over client: isolated RawClient, isStreamed: Bool) throws {
        var members = members
        if isStreamed {
            members["stream"] = true
            members["stream_options"] = ["include_usage": true]
        }
        try client.send(.post, path, body: JSONValue.object(members).description)
    }
}

/// A reply of the toy, whole or streamed. Two are equal if a client could not distinguish them.
struct ToyReply: Equatable, Sendable {
    var text = ""
    var finishReason: String?
    var promptTokens: Int?
    var completionTokens: Int?

    init(whole reply: JSONValue) throws { add(try #require(reply.object)) }

    /// The reply that a stream's events add up to.
    init(events: [String]) throws {
        try #require(events.last?.hasPrefix("data: [DONE]") == true)
        for event in events.dropLast() {
            let chunk = try JSONValue(parsing: Array(event.dropFirst("data: ".count).utf8))
            add(try #require(chunk.object, "\(event)"))
        }
    }

    /// Adds a whole reply, or one chunk of a streamed one.
    private mutating func add(_ reply: JSONObject) {
        let choice = reply["choices"]?.array?.first?.object
        let content = choice?["message"]?.object?["content"] ?? choice?["delta"]?.object?["content"] ?? choice?["text"]
        text += content?.string ?? ""
        finishReason = choice?["finish_reason"]?.string ?? finishReason
        let usage = reply["usage"]?.object
        promptTokens = usage?["prompt_tokens"]?.number?.int ?? promptTokens
        completionTokens = usage?["completion_tokens"]?.number?.int ?? completionTokens
    }
}

extension RawClient {
    func send(_ request: ToyRequest, isStreamed: Bool = false) throws {
        try request.send(over: self, isStreamed: isStreamed)
    }

    func ask(_ request: ToyRequest, isStreamed: Bool = false) throws -> ToyReply {
        try send(request, isStreamed: isStreamed)
        return try receiveReply(isStreamed: isStreamed)
    }

    /// Reads the reply to what was sent.
    func receiveReply(isStreamed: Bool) throws -> ToyReply {
        let response = try receiveResponse()
        try #require(response.code == 200, "\(response.text)")
        return try isStreamed ? ToyReply(events: response.events) : ToyReply(whole: response.json())
    }

    /// Sends a request that is refused, and reads the status, code and param of the error.
    func refusal(of request: ToyRequest, isStreamed: Bool = false) throws -> ToyRefusal {
        try send(request, isStreamed: isStreamed)
        let response = try receiveResponse()
        let error = try response.json().object?["error"]?.object
        return ToyRefusal(
            status: response.code, code: error?["code"]?.string, param: error?["param"]?.string)
    }
}

struct ToyRefusal: Equatable, Sendable {
    var status: Int
    var code: String?
    var param: String?
}
