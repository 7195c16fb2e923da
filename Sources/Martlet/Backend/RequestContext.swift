public import Logging
public import MartletHTTP

/// What is known of a request besides its decoded fields.
public struct RequestContext: Sendable {
    /// Identifies the request in logs and in the `x-request-id` header.
    public var requestID: String
    /// Who asks, if that was established.
    public var principal: String?
    /// When the reply is of no more use.
    public var deadline: ContinuousClock.Instant?
    /// The header fields in the order they came; strings are made when they are read.
    public var headers: HTTPFields
    /// The body's bytes, if `Backend.retainedBody` asks for them.
    public var body: [UInt8]
    /// The server's logger, without the request's id.
    private let serverLogger: Logger?

    /// A context of which only the given parts are known.
    public init(
        requestID: String = "", principal: String? = nil, deadline: ContinuousClock.Instant? = nil,
        headers: HTTPFields = HTTPFields(), body: [UInt8] = [], logger: Logger? = nil
    ) {
        self.requestID = requestID
        self.principal = principal
        self.deadline = deadline
        self.headers = headers
        self.body = body
        serverLogger = logger
    }

    /// The value of the first header field of that name; names are compared without case (RFC 9110 §5.1).
    public func header(_ name: String) -> String? { headers[name] }

    /// The server's logger with the request's id as `request_id`. Made at each use: keep it where it is used often.
    public var logger: Logger {
        var logger = serverLogger ?? Logger(label: "martlet")
        logger[metadataKey: "request_id"] = "\(requestID)"
        return logger
    }
}
