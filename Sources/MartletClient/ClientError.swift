public import MartletHTTP

/// Why a call did not bring what was asked for.
public struct ClientError: Error, Sendable {
    /// What a program can do about it.
    public var reason: Reason
    /// A sentence for people: the server's, where it sent one.
    public var message: String
    /// The status, if a response came.
    public var status: Int?
    /// OpenAI's `type`, `code` and `param`, as far as the server told them; a number is told as text.
    public var type: String?
    public var code: String?
    public var param: String?
    /// How long the server asks to be left alone.
    public var retryAfter: Duration?
    /// Which timeout fired, where one did.
    public var timeout: Timeouts.Kind?
    /// The response's fields.
    public var fields = HTTPFields()
    /// All that the response's body held.
    public var body: [UInt8] = []
    /// How often the request was sent.
    public var attempts = 1

    /// An error of that kind.
    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// What the server calls the request.
    public var requestID: String? { fields["x-request-id"] }

    /// Families of errors, by what to do about them.
    public struct Reason: RawRepresentable, Sendable, Hashable {
        /// The name of the family.
        public let rawValue: String

        /// A family by its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The key is missing, wrong, or does not suffice.
        public static let auth = Reason(rawValue: "auth")
        /// There is no credit left.
        public static let billing = Reason(rawValue: "billing")
        /// Too many requests, for now.
        public static let rateLimit = Reason(rawValue: "rate_limit")
        /// The server has too much to do.
        public static let overloaded = Reason(rawValue: "overloaded")
        /// The server failed.
        public static let serverError = Reason(rawValue: "server_error")
        /// It took too long; `timeout` says which limit of ours fired, if one did.
        public static let timeout = Reason(rawValue: "timeout")
        /// The conversation is too long for the model.
        public static let contextOverflow = Reason(rawValue: "context_overflow")
        /// There is no such model.
        public static let modelNotFound = Reason(rawValue: "model_not_found")
        /// The request is wrong, and will be the next time.
        public static let formatError = Reason(rawValue: "format_error")
        /// The server, or the backend behind it, cannot do this at all (501).
        public static let notSupported = Reason(rawValue: "not_supported")
        /// There was no connection, or it broke before an answer.
        public static let connection = Reason(rawValue: "connection")
        /// The answer broke off: the stream ended without a finish reason or `[DONE]`.
        public static let interrupted = Reason(rawValue: "interrupted")
        /// What came cannot be understood.
        public static let badResponse = Reason(rawValue: "bad_response")
        /// The response, or one event of it, has more bytes than the client's limit.
        public static let responseTooLarge = Reason(rawValue: "response_too_large")
        /// The caller, or its task, gave up.
        public static let cancelled = Reason(rawValue: "cancelled")
        /// Anything else.
        public static let unknown = Reason(rawValue: "unknown")
    }

    /// Whether the same request may succeed if it is sent again, to the same server: what `RetryPolicy` goes by.
    ///
    /// Of statuses these are 408, 409, 429 and every 5xx but 501; of the rest, lost connections and replies that cannot
    /// be read. The server's `x-should-retry` overrides that. A quota that is used up is not retryable, nor is a request
    /// that took as long as its own timeouts allow.
    public var isRetryable: Bool {
        switch fields["x-should-retry"]?.lowercased() {
        case "true": true
        case "false": false
        default: isTransient && (timeout == nil || timeout == .connect)
        }
    }

    /// The one rule behind retries and fallback: whether this says nothing against the request itself.
    private var isTransient: Bool {
        if [.billing, .contextOverflow].contains(reason) { return false }
        if let status { return [408, 409, 429].contains(status) || (500..<600).contains(status) && status != 501 }
        return [.rateLimit, .overloaded, .serverError, .timeout, .connection, .interrupted, .badResponse, .unknown]
            .contains(reason)
    }

    /// Whether a shorter conversation may succeed.
    public var shouldCompress: Bool { reason == .contextOverflow }

    /// Whether another model, or another server, may succeed: after everything that is retryable, after a timeout, and
    /// where this server lacks the model, the ability, or the user's permission or credit.
    public var shouldFallBack: Bool {
        isTransient || [.modelNotFound, .auth, .billing, .notSupported].contains(reason)
    }
}

extension ClientError: CustomStringConvertible {
    /// The status and what it means, how long to wait, and up to 500 bytes of what the server said.
    public var description: String {
        var text = "llm: "
        switch status {
        case 429: text += "429 rate limit"
        case 503: text += "503 overloaded"
        case let status? where status >= 400: text += "http \(status)"
        default: return text + message
        }
        if let value = fields["Retry-After"] { text += " (retry-after: \(value))" }
        let said = message.trimmed.cut(toBytes: 500)
        return said.isEmpty ? text : "\(text): \(said)"
    }
}

extension String {
    /// Without white space at its ends.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }

    /// At most so many bytes, cut between two characters, with `...` where something was cut.
    func cut(toBytes limit: Int) -> String {
        if utf8.count <= limit { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end] + "..."
    }
}
