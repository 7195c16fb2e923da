internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

// Servers report errors in several shapes; all of them are read here.

extension ClientError {
    /// The error of a response whose status is not 2xx.
    init(_ head: IncomingHead, body: [UInt8]) {
        self.init(.unknown, String(decoding: body, as: UTF8.self))
        status = head.status.code
        fields = head.fields
        self.body = body
        if let value = try? JSONValue(parsing: body) { read(value) }
        retryAfter = fields.retryAfter(now: EventLoop.unixTime)
        reason = classified
    }

    /// The error in a stream event or in the body of a 2xx response; nil if there is none.
    init?(in value: JSONValue, fields: HTTPFields) {
        guard let object = Self.errorObject(in: value) else { return nil }
        let isError =
            object["error"].map(Self.reportsError) ?? false || object["object"] == "error"
            || (object["type"] == "error" && object["message"]?.text != nil)
            || (object["detail"] != nil && object["choices"] == nil)
        guard isError else { return nil }
        self.init(.unknown, value.description)
        self.fields = fields
        body = Array(value.description.utf8)
        read(value)
        status = code.flatMap { Int($0) }.flatMap { (400..<600).contains($0) ? $0 : nil }
        reason = classified
        if reason == .unknown { reason = .serverError }
    }

    /// Whether a member `error` reports one: objects of some endpoints always have the member, empty unless something
    /// failed.
    private static func reportsError(_ value: JSONValue) -> Bool {
        switch value {
        case .null: false
        case .bool(let isError): isError
        case .string(let text): !text.isEmpty
        case .array(let errors): !errors.isEmpty
        case .object(let members): members.contains { !$0.value.isNull }
        case .number: true
        }
    }

    /// - Parameter isAnswered: Whether part of a response had arrived.
    init(_ error: TransportError, isAnswered: Bool = false) {
        switch error.kind {
        case .cancelled: self.init(.cancelled, error.message)
        case .connectTimedOut:
            self.init(.connection, "http: no connection in time: \(error.message) The setting is `timeouts.connect`.")
            timeout = .connect
        case .badURL: self.init(.formatError, "build request: \(error.message)")
        case .tls: self.init(.connection, "http: \(error.message)")
        case .protocolError: self.init(.badResponse, "http: \(error.message)")
        default:
            self.init(isAnswered ? .interrupted : .connection, (isAnswered ? "read body: " : "http: ") + error.message)
        }
        transport = error
    }

    /// The object that may contain an error; Gemini wraps it in an array.
    private static func errorObject(in value: JSONValue) -> JSONObject? {
        value.object ?? value.array?.lazy.compactMap(\.object).first { $0["error"] != nil }
    }

    /// `{"error":{...}}`, `{"error":"..."}`, `{"object":"error",...}`, `{"type":"error",...}`, `{"detail":...}`, and an
    /// array with one of them.
    private mutating func read(_ value: JSONValue) {
        guard let object = Self.errorObject(in: value) else { return }
        var members = object
        switch object["error"] {
        case .object(let error): members = error
        case .string(let text): message = text
        default: break
        }
        if let text = members["message"]?.text ?? object["detail"]?.text { message = text }
        // In the error event of Responses it is the type of the event.
        type = members["type"] == "error" ? nil : members["type"]?.text
        code = members["code"]?.text
        param = members["param"]?.text
    }

    private var classified: Reason {
        if status == 402 || [code, type].contains("insufficient_quota") { return .billing }
        let words = message.lowercased()
        if words.contains("credit balance is too low") { return .billing }
        if code == "context_length_exceeded" || Self.overflowWords.contains(where: words.contains) {
            return .contextOverflow
        }
        if code == "model_not_found" { return .modelNotFound }
        switch status {
        case 401, 403: return .auth
        case 404: return words.contains("model") ? .modelNotFound : .unknown
        case 408: return .timeout
        case 413: return .contextOverflow
        case 429: return .rateLimit
        case 501: return .notSupported
        case 503, 529: return .overloaded
        case 504: return .timeout
        case let status? where status >= 500: return .serverError
        case 400, 405, 406, 409, 411, 415, 422: return .formatError
        default: break
        }
        switch type ?? code {
        case "invalid_request_error", "invalid_prompt": return .formatError
        case "authentication_error", "permission_error": return .auth
        case "billing_error": return .billing
        case "not_found_error": return words.contains("model") ? .modelNotFound : .unknown
        case "request_too_large": return .contextOverflow
        case "rate_limit_error", "rate_limit_exceeded": return .rateLimit
        case "overloaded_error": return .overloaded
        case "timeout_error": return .timeout
        case "server_error", "api_error": return .serverError
        default: return .unknown
        }
    }

    /// How servers say that a conversation is too long: OpenAI and vLLM, llama.cpp, Anthropic.
    private static let overflowWords = [
        "context length", "exceeds the available context size", "prompt is too long", "exceed context limit",
    ]
}

extension JSONValue {
    /// A string, a number, or the joined strings of an array, which some servers send instead of one string.
    fileprivate var text: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.text
        case .array(let values): values.map { $0.text ?? $0.description }.joined(separator: "; ")
        case .object(let object): object["msg"]?.string ?? object["message"]?.string ?? description
        case .null, .bool: nil
        }
    }
}

extension HTTPFields {
    /// The requested delay: `retry-after-ms`, or `Retry-After` in seconds (fractions too) or as a date (RFC 9110
    /// §10.2.3). Malformed values are nil.
    func retryAfter(now: Int) -> Duration? {
        if let text = self["retry-after-ms"], let milliseconds = Double(text), milliseconds.isFinite, milliseconds >= 0
        {
            return .seconds(Swift.min(milliseconds / 1000, 1e9))
        }
        guard let text = self["Retry-After"] else { return nil }
        if let seconds = Double(text) {
            return seconds.isFinite && seconds >= 0 ? .seconds(Swift.min(seconds, 1e9)) : nil
        }
        return HTTPDate.secondsSince1970(parsing: text).map { .seconds(Swift.max(0, $0 - now)) }
    }
}
