internal import Martlet
internal import MartletHTTP

/// OpenTelemetry's names for what a request asks of a model. They are marked as in development there.
enum GenAI {
    static let provider = "martlet"

    /// `gen_ai.operation.name` of a route; nil for one that no model answers with a generation or an embedding.
    static func operation(ofRoute route: String?) -> String? {
        switch route {
        case "/v1/chat/completions", "/api/chat": "chat"
        case "/v1/completions", "/api/generate": "text_completion"
        case "/v1/embeddings", "/api/embed", "/api/embeddings": "embeddings"
        default: nil
        }
    }

    /// `http.request.method`: methods that HTTP does not define are `_OTHER`, since clients choose them.
    static func method(_ method: HTTPMethod?) -> String {
        guard let method else { return "_OTHER" }
        return methods.contains(method) ? method.rawValue : "_OTHER"
    }

    private static let methods: Set<HTTPMethod> = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
    ]

    /// `error.type`; nil for a request that did not fail. An error after the head has the status 200.
    static func errorType(_ record: RequestRecord) -> String? {
        if let cancellation = record.cancellation { return "cancelled_by_\(cancellation)" }
        let status = record.exchange.status?.code ?? 0
        if let error = record.error, error.status >= 500 || status < 400 { return error.code ?? error.type }
        return status >= 500 ? String(status) : nil
    }
}
