/// A response status (RFC 9110 §15). Any three-digit code is a value; the common ones have names.
public struct HTTPStatus: Sendable, Hashable, CustomStringConvertible {
    /// The code of the status line, within 100...999.
    public let code: Int

    /// A status by its code. A code outside 100...999, which no status line can contain, becomes 500.
    public init(_ code: Int) {
        self.code = (100...999).contains(code) ? code : 500
    }

    /// The registered phrase (RFC 9110 §15, RFC 6585) of a code that has a name here; empty for others, which RFC 9112 §4
    /// allows.
    public var reasonPhrase: String {
        switch code {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 423: "Locked"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 451: "Unavailable For Legal Reasons"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }

    /// The code and its phrase, as in a status line.
    public var description: String { reasonPhrase.isEmpty ? "\(code)" : "\(code) \(reasonPhrase)" }
}

extension HTTPStatus {
    /// 100: the client may send the body it announced with `Expect: 100-continue`.
    public static var `continue`: HTTPStatus { HTTPStatus(100) }
    /// 200: the request succeeded.
    public static var ok: HTTPStatus { HTTPStatus(200) }
    /// 201: a resource was created; `Location` is its URL.
    public static var created: HTTPStatus { HTTPStatus(201) }
    /// 202: accepted, and not completed yet.
    public static var accepted: HTTPStatus { HTTPStatus(202) }
    /// 204: the request succeeded; the response has no content.
    public static var noContent: HTTPStatus { HTTPStatus(204) }
    /// 206: the part of the content that `Range` requests.
    public static var partialContent: HTTPStatus { HTTPStatus(206) }
    /// 301: permanently moved to `Location`.
    public static var movedPermanently: HTTPStatus { HTTPStatus(301) }
    /// 302: temporarily at `Location`.
    public static var found: HTTPStatus { HTTPStatus(302) }
    /// 303: the result can be retrieved from `Location` with GET.
    public static var seeOther: HTTPStatus { HTTPStatus(303) }
    /// 304: the client's cached copy is still valid; the response has no content.
    public static var notModified: HTTPStatus { HTTPStatus(304) }
    /// 307: temporarily at `Location`, to be requested with the same method.
    public static var temporaryRedirect: HTTPStatus { HTTPStatus(307) }
    /// 308: permanently moved to `Location`, to be requested with the same method.
    public static var permanentRedirect: HTTPStatus { HTTPStatus(308) }
    /// 400: the request is malformed or contains an invalid value.
    public static var badRequest: HTTPStatus { HTTPStatus(400) }
    /// 401: the credentials are missing or wrong.
    public static var unauthorized: HTTPStatus { HTTPStatus(401) }
    /// 402: the account lacks credit.
    public static var paymentRequired: HTTPStatus { HTTPStatus(402) }
    /// 403: the client is known but not permitted.
    public static var forbidden: HTTPStatus { HTTPStatus(403) }
    /// 404: unknown path or model.
    public static var notFound: HTTPStatus { HTTPStatus(404) }
    /// 405: the path does not support this method; sent with `Allow`.
    public static var methodNotAllowed: HTTPStatus { HTTPStatus(405) }
    /// 406: no representation has a type listed in `Accept`.
    public static var notAcceptable: HTTPStatus { HTTPStatus(406) }
    /// 408: the request did not arrive in time.
    public static var requestTimeout: HTTPStatus { HTTPStatus(408) }
    /// 409: the request conflicts with the state of its target.
    public static var conflict: HTTPStatus { HTTPStatus(409) }
    /// 410: permanently removed.
    public static var gone: HTTPStatus { HTTPStatus(410) }
    /// 412: `If-Match` or another precondition is false.
    public static var preconditionFailed: HTTPStatus { HTTPStatus(412) }
    /// 413: the body exceeds the limit.
    public static var contentTooLarge: HTTPStatus { HTTPStatus(413) }
    /// 415: the content has an unsupported type.
    public static var unsupportedMediaType: HTTPStatus { HTTPStatus(415) }
    /// 416: `Range` is outside the content.
    public static var rangeNotSatisfiable: HTTPStatus { HTTPStatus(416) }
    /// 417: `Expect` contains something other than `100-continue`.
    public static var expectationFailed: HTTPStatus { HTTPStatus(417) }
    /// 421: this server is not responsible for the requested host.
    public static var misdirectedRequest: HTTPStatus { HTTPStatus(421) }
    /// 422: well-formed, but cannot be processed.
    public static var unprocessableContent: HTTPStatus { HTTPStatus(422) }
    /// 423: the resource is locked (RFC 4918 §11.3).
    public static var locked: HTTPStatus { HTTPStatus(423) }
    /// 428: the request must be conditional (RFC 6585 §3).
    public static var preconditionRequired: HTTPStatus { HTTPStatus(428) }
    /// 429: the rate limit is exceeded or the queue is full; sent with `Retry-After`.
    public static var tooManyRequests: HTTPStatus { HTTPStatus(429) }
    /// 431: the head or its number of fields exceeds the limit (RFC 6585 §5).
    public static var requestHeaderFieldsTooLarge: HTTPStatus { HTTPStatus(431) }
    /// 451: denied for legal reasons (RFC 7725).
    public static var unavailableForLegalReasons: HTTPStatus { HTTPStatus(451) }
    /// 500: the server or its backend failed.
    public static var internalServerError: HTTPStatus { HTTPStatus(500) }
    /// 501: the server or its backend does not support the request.
    public static var notImplemented: HTTPStatus { HTTPStatus(501) }
    /// 502: an upstream sent an invalid response.
    public static var badGateway: HTTPStatus { HTTPStatus(502) }
    /// 503: not ready, draining, or overloaded; sent with `Retry-After`.
    public static var serviceUnavailable: HTTPStatus { HTTPStatus(503) }
    /// 504: an upstream did not respond in time.
    public static var gatewayTimeout: HTTPStatus { HTTPStatus(504) }
    /// 505: the request is neither HTTP/1.1 nor HTTP/1.0.
    public static var httpVersionNotSupported: HTTPStatus { HTTPStatus(505) }
}
