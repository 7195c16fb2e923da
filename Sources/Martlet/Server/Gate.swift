internal import MartletHTTP

/// A request at a gate: its head is complete, and nothing of its body has been read.
public struct GateRequest: Sendable {
    /// The request line and the header fields.
    public let head: RequestHead
    /// The address of the client, or of the last proxy before the server that is not trusted.
    public let clientAddress: String?
    /// The pattern of the route, such as `/v1/models/{id}`; nil for a part of an API that Martlet does not implement.
    public let route: String?
    /// The principal that the server's authenticator or an earlier gate has found.
    public internal(set) var principal: Principal?
}

/// What a gate decides about a request.
public struct GateDecision: Sendable {
    enum Kind: Sendable {
        case pass
        case principal(Principal)
        case refuse(OpenAIError, retryAfter: Int?)
        case respond(HTTPResponse)
    }

    let kind: Kind

    /// The request goes on to the next gate, and after the last one to its route.
    public static let pass = GateDecision(kind: .pass)

    /// The request goes on, and `principal` has sent it: backends, middleware and the request's record see it. It gets 403
    /// for a route that needs a permission which it does not have.
    public static func principal(_ principal: Principal) -> GateDecision {
        GateDecision(kind: .principal(principal))
    }

    /// The client gets the error, in the envelope of the API that it speaks. A 401 has `WWW-Authenticate: Bearer`.
    ///
    /// - Parameter retryAfter: The `Retry-After` of a 429 or 503, in seconds; nil means 1.
    public static func refuse(_ error: OpenAIError, retryAfter: Int? = nil) -> GateDecision {
        GateDecision(kind: .refuse(error, retryAfter: retryAfter))
    }

    /// The client gets this response.
    public static func respond(_ response: HTTPResponse) -> GateDecision { GateDecision(kind: .respond(response)) }
}

extension Server {
    typealias Gate = @Sendable (GateRequest) -> GateDecision
}
