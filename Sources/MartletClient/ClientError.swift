public import MartletHTTP

/// Why a call failed.
public struct ClientError: Error, Sendable {
    /// The kind of failure, for programs.
    public var reason: Reason
    /// A description for people: the server's, if it sent one.
    public var message: String
    /// The HTTP status, if a response arrived.
    public var status: Int?
    /// OpenAI's `type`, `code` and `param`, if the server sent them; a number is given as text.
    public var type: String?
    public var code: String?
    public var param: String?
    /// How long the server asks the client to wait before the next attempt.
    public var retryAfter: Duration?
    /// Which timeout fired, if any.
    public var timeout: Timeouts.Kind?
    /// The failure of the connection that is the cause, if one is.
    package var transport: TransportError?
    /// The response's header fields.
    public var fields = HTTPFields()
    /// The response's body.
    public var body: [UInt8] = []
    /// The number of attempts, the first included.
    public var attempts = 1

    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// The server's `x-request-id`, or Anthropic's `request-id`.
    public var requestID: String? { fields.requestID }

    /// Kinds of failure, by what can be done about them.
    public struct Reason: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The key is missing, invalid, or lacks permission.
        public static let auth = Reason(rawValue: "auth")
        /// The account has no credit left.
        public static let billing = Reason(rawValue: "billing")
        /// Too many requests at this time.
        public static let rateLimit = Reason(rawValue: "rate_limit")
        /// The server is overloaded.
        public static let overloaded = Reason(rawValue: "overloaded")
        /// The server failed.
        public static let serverError = Reason(rawValue: "server_error")
        /// A timeout: `timeout` says which of the client's limits fired; nil if the server reported it.
        public static let timeout = Reason(rawValue: "timeout")
        /// The conversation exceeds the model's context length.
        public static let contextOverflow = Reason(rawValue: "context_overflow")
        /// The model does not exist.
        public static let modelNotFound = Reason(rawValue: "model_not_found")
        /// The request is invalid, and will be invalid the next time.
        public static let formatError = Reason(rawValue: "format_error")
        /// The server, or the backend behind it, does not support this (501).
        public static let notSupported = Reason(rawValue: "not_supported")
        /// The connection failed, or broke before a reply began.
        public static let connection = Reason(rawValue: "connection")
        /// The reply is incomplete: the stream ended without a finish reason or `[DONE]`.
        public static let interrupted = Reason(rawValue: "interrupted")
        /// The response cannot be decoded.
        public static let badResponse = Reason(rawValue: "bad_response")
        /// The response, or one event of it, exceeds the client's limit.
        public static let responseTooLarge = Reason(rawValue: "response_too_large")
        /// The caller or its task cancelled the call.
        public static let cancelled = Reason(rawValue: "cancelled")
        /// Anything else.
        public static let unknown = Reason(rawValue: "unknown")
    }

    /// Whether the same request may succeed if it is sent again to the same server; see `RetryPolicy`.
    ///
    /// That is true of the statuses 408, 409, 429 and every 5xx but 501, of lost connections, and of responses that
    /// cannot be decoded. The server's `x-should-retry` overrides it. An exhausted quota is not retryable, nor is a
    /// request that ran into one of the client's own timeouts.
    public var isRetryable: Bool {
        switch fields["x-should-retry"]?.lowercased() {
        case "true": true
        case "false": false
        default: isTransient && (timeout == nil || timeout == .connect)
        }
    }

    /// Retries and fallback share this rule: whether the failure is not the request's own fault.
    private var isTransient: Bool {
        if [.billing, .contextOverflow].contains(reason) { return false }
        if let status { return [408, 409, 429].contains(status) || (500..<600).contains(status) && status != 501 }
        return [.rateLimit, .overloaded, .serverError, .timeout, .connection, .interrupted, .badResponse, .unknown]
            .contains(reason)
    }

    /// Whether a shorter conversation may succeed.
    public var shouldCompress: Bool { reason == .contextOverflow }

    /// Whether another model or server may succeed: after every retryable failure, after a timeout, and if this server
    /// lacks the model or the capability, or the user lacks permission or credit.
    public var shouldFallBack: Bool {
        isTransient || [.modelNotFound, .auth, .billing, .notSupported].contains(reason)
    }
}

extension ClientError: CustomStringConvertible {
    /// The status and its meaning, the requested delay, and up to 500 bytes of the server's message.
    public var description: String {
        var text = "llm: "
        switch status {
        case 429: text += "429 rate limit"
        case 503: text += "503 overloaded"
        case 529: text += "529 overloaded"
        case let status? where status >= 400: text += "http \(status)"
        default: return text + message
        }
        if let value = fields["Retry-After"] { text += " (retry-after: \(value))" }
        let detail = message.trimmed.truncated(toBytes: 500)
        return detail.isEmpty ? text : "\(text): \(detail)"
    }
}

extension String {
    /// The text without leading and trailing white space.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }

    /// At most `limit` bytes, cut between two characters, with `...` where text was removed.
    func truncated(toBytes limit: Int) -> String {
        if utf8.count <= limit { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end] + "..."
    }
}
