import Martlet
import MartletHTTP
import MartletTesting

/// The endpoints, each with a complete request; `more` adds members to it, such as `"stream":true`.
extension RawClient {
    func chat(_ more: String = "") throws -> HTTPResponse {
        try ask(.post, "/v1/chat/completions", body: RequestText.chat(more))
    }

    func complete(_ more: String = "") throws -> HTTPResponse {
        try ask(.post, "/v1/completions", body: RequestText.completion(more))
    }

    func embed(_ input: String, _ more: String = "") throws -> HTTPResponse {
        try ask(.post, "/v1/embeddings", body: RequestText.embedding(input, more))
    }

    func sendChat(_ more: String = "") throws {
        try send(.post, "/v1/chat/completions", body: RequestText.chat(more))
    }
}

/// Streamed or not: an event that ends one kind of chat must end the other.
enum ChatAPI: CaseIterable {
    case openAI, ollama, messages, responses
}

extension RawClient {
    /// Sends a chat request, streamed or not, and does not wait for the response.
    func sendChat(_ api: ChatAPI, isStreamed: Bool) throws {
        switch api {
        case .openAI: try sendChat(isStreamed ? #""stream":true"# : "")
        case .ollama: try sendOllamaChat(isStreamed ? "" : #""stream":false"#)
        case .messages: try sendMessages(isStreamed ? #""stream":true"# : "")
        case .responses: try sendResponse(isStreamed ? #""stream":true"# : "")
        }
    }
}
