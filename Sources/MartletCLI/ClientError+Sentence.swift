import MartletClient

extension ClientError {
    /// What failed, and what to do about it, for a person at a terminal.
    var sentence: String {
        let said = detail.isEmpty || detail.hasSuffix(".") || detail.hasSuffix("?") ? detail : detail + "."
        let what = status.map { "the server answered \($0)\(said.isEmpty ? "." : ": \(said)")" } ?? said
        return advice.map { "\(what) \($0)" } ?? what
    }

    /// The message without the name of the step that failed, which a terminal has no use for.
    private var detail: String {
        let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        if status != nil { return text.count <= 500 ? text : text.prefix(500) + "…" }
        let steps = ["http: ", "build request: ", "read body: ", "decode response: ", "stream read: "]
        return String(text.dropFirst(steps.first(where: text.hasPrefix)?.count ?? 0))
    }

    private var advice: String? {
        switch reason {
        case .connection: "Start a server with 'martlet serve', or name another with --url."
        case .auth: "Set MARTLET_API_KEY to a key of this server."
        case .modelNotFound: "'martlet models' lists what the server has."
        case .rateLimit, .overloaded: "Try again \(retryAfter.map { "in \($0.components.seconds) s" } ?? "later")."
        case .contextOverflow: "Ask something shorter, or begin a new conversation."
        case .notSupported: "Ask another server with --url."
        case .serverError, .timeout, .interrupted: "Try again."
        case .formatError where status == nil: "Check --url."
        case .badResponse: "Is it an OpenAI-compatible server that --url names?"
        default: nil
        }
    }
}
