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
