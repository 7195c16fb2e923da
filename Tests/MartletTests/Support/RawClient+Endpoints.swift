import Martlet
import MartletHTTP
import MartletTesting

/// The endpoints, each with a request that is complete; `more` adds members to it, as in `"stream":true`.
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

/// The two ways to ask for a chat: whatever ends one must end the other.
enum ChatAPI: CaseIterable {
    case openAI, ollama
}

extension RawClient {
    /// Sends a chat that is streamed or whole, and does not wait for an answer.
    func sendChat(_ api: ChatAPI, isStreamed: Bool) throws {
        switch api {
        case .openAI: try sendChat(isStreamed ? #""stream":true"# : "")
        case .ollama: try sendOllamaChat(isStreamed ? "" : #""stream":false"#)
        }
    }
}
