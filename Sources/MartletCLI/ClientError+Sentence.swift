import MartletClient

extension ClientError {
    /// The failure and its remedy, for a person at a terminal.
    var sentence: String { sentence(about: "serve") }

    /// - Parameter command: What starts a server of the kind that was called.
    func sentence(about command: String) -> String {
        let text = detail.isEmpty || detail.hasSuffix(".") || detail.hasSuffix("?") ? detail : detail + "."
        let what = status.map { "the server answered \($0)\(text.isEmpty ? "." : ": \(text)")" } ?? text
        return advice(command).map { "\(what) \($0)" } ?? what
    }

    /// The message without the step that failed, which means nothing at a terminal.
    private var detail: String {
        let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        if status != nil { return text.count <= 500 ? text : text.prefix(500) + "…" }
        let steps = ["http: ", "build request: ", "read body: ", "decode response: ", "stream read: "]
        return String(text.dropFirst(steps.first(where: text.hasPrefix)?.count ?? 0))
    }

    private func advice(_ command: String) -> String? {
        switch reason {
        case .connection: "Start a server with 'martlet \(command)', or name another with --url."
        case .auth: "Set MARTLET_API_KEY to a key of this server."
        case .modelNotFound: "List the server's models with 'martlet models'."
        case .rateLimit, .overloaded: "Try again \(retryAfter.map { "in \($0.components.seconds) s" } ?? "later")."
        case .contextOverflow: "Send a shorter prompt, or start a new conversation."
        case .notSupported: "Use another server with --url."
        case .serverError, .timeout, .interrupted: "Try again."
        case .formatError where status == nil: "Check --url."
        case .badResponse: "Check that --url names an OpenAI-compatible server."
        default: nil
        }
    }
}
