internal import MartletHTTP

/// What a status of an upstream says.
struct UpstreamStatus {
    private let code: Int
    private let isKeyOfClient: Bool

    /// - Parameter isKeyOfClient: Whether the client's own credential was sent.
    init(_ status: HTTPStatus, isKeyOfClient: Bool) { (code, self.isKeyOfClient) = (status.code, isKeyOfClient) }

    /// Whether it is about the upstream, so that another one may answer the same request.
    var isUpstreams: Bool { isBusy || isRefusedKey || isFailure }

    /// Whether the upstream cannot take more at the moment.
    private var isBusy: Bool { code == 429 || code == 529 }

    /// Whether it does not accept the gateway's key.
    var isRefusedKey: Bool { !isKeyOfClient && (code == 401 || code == 403) }

    private var isFailure: Bool { code >= 500 && code != 501 && code != 505 && code != 508 }

    /// How the attempt counts for the upstream's health.
    func outcome(retryAfter: Duration?) -> UpstreamHealth.Outcome {
        if isBusy || code == 503 && retryAfter != nil { return .busy(retryAfter: retryAfter) }
        return isFailure || isRefusedKey ? .serverError : .answered
    }
}
