internal import MartletHTTP

/// Parts of OpenAI's, Anthropic's and Ollama's APIs that Martlet does not have. They are an honest 501, in the envelope of
/// their API: a 404 would say that the path is wrong, a 405 that another method does it.
enum AbsentAPI {
    /// Requests that are absent together.
    struct Part: Sendable {
        enum Scope: Sendable {
            case exactly, below, andBelow
        }

        /// Without the `/v1` that OpenAI's and Anthropic's paths begin with.
        let path: String
        let scope: Scope
        /// Nil: all.
        let methods: Set<HTTPMethod>?
        let format: ErrorFormat

        init(_ path: String, _ format: ErrorFormat, _ scope: Scope = .andBelow, methods: Set<HTTPMethod>? = nil) {
            (self.path, self.format, self.scope, self.methods) = (path, format, scope, methods)
        }

        fileprivate func covers(_ path: Substring, _ method: HTTPMethod) -> Bool {
            if let methods, !methods.contains(method) { return false }
            guard path.hasPrefix(self.path) else { return false }
            let rest = path.dropFirst(self.path.count)
            return rest.isEmpty ? scope != .below : scope != .exactly && rest.hasPrefix("/")
        }
    }

    static let parts: [Part] =
        [
            // Stored completions: listing, retrieving, updating, deleting, and their messages.
            Part("/chat/completions", .openAI, .exactly, methods: [.get, .head]),
            Part("/chat/completions", .openAI, .below), Part("/models", .openAI, .below, methods: [.delete]),
        ]
        + [
            "responses", "audio", "images", "moderations", "files", "uploads", "batches", "fine_tuning", "assistants",
            "threads", "vector_stores", "realtime", "conversations", "evals", "containers", "videos", "skills",
            "chatkit", "agents", "organization", "projects",
        ].map { Part("/\($0)", .openAI) }
        + ["messages", "complete", "organizations"].map { Part("/\($0)", .anthropic) }
        // What manages models, which a server of one backend does not.
        + ["pull", "push", "create", "copy", "delete", "blobs"].map { Part("/api/\($0)", .ollama) }

    /// The envelope of the API that has `path` for `method`; nil for what none has.
    static func format(of method: HTTPMethod, _ path: String) -> ErrorFormat? {
        let rest = path.hasPrefix("/v1/") ? path.dropFirst(3) : path[...]
        return parts.first { $0.covers(rest, method) && ($0.format != .ollama || rest.count == path.count) }?.format
    }
}
