public import Logging
public import MartletHTTP

/// What the server knows about a request besides its decoded fields.
public struct RequestContext: Sendable {
    /// The id of the request in logs and in the `x-request-id` field of the response.
    public var requestID: String
    /// Who sent the request; nil if neither an authenticator nor a gate or middleware has found out.
    public var principal: Principal?
    /// The time after which the client no longer waits for the reply; nil if there is none.
    public var deadline: ContinuousClock.Instant?
    /// The header fields, in the order of the request. Strings are created when they are read.
    public var headers: HTTPFields
    /// The bytes of the body as received. Empty unless the backend's `retainedBody` contains `.bytes`.
    public var body: [UInt8]
    /// Fields that are added to the response, until its head has been sent. Without an effect in a context that no
    /// server has created.
    public let responseFields: ResponseFields
    /// The server's logger, without the request's id.
    private let serverLogger: Logger?

    /// Creates a context, for clients and tests.
    public init(
        requestID: String = "", principal: Principal? = nil, deadline: ContinuousClock.Instant? = nil,
        headers: HTTPFields = HTTPFields(), body: [UInt8] = [], logger: Logger? = nil
    ) {
        self.init(
            requestID: requestID, principal: principal, deadline: deadline, headers: headers, body: body,
            logger: logger, responseFields: ResponseFields())
    }

    init(
        requestID: String, principal: Principal?, deadline: ContinuousClock.Instant?, headers: HTTPFields,
        body: [UInt8] = [], logger: Logger?, responseFields: ResponseFields
    ) {
        self.requestID = requestID
        self.principal = principal
        self.deadline = deadline
        self.headers = headers
        self.body = body
        serverLogger = logger
        self.responseFields = responseFields
    }

    /// The value of the first header field with that name, ignoring case (RFC 9110 §5.1); nil if there is none.
    public func header(_ name: String) -> String? { headers[name] }

    /// The server's logger with the request's id as `request_id`. It is created on each access, so a backend that logs
    /// often should keep it.
    public var logger: Logger {
        var logger = serverLogger ?? Logger(label: "martlet")
        logger[metadataKey: "request_id"] = "\(requestID)"
        return logger
    }
}
