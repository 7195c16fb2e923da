internal import MartletHTTP

/// What a status of an upstream says.
struct UpstreamStatus {
    private let code: Int

    init(_ status: HTTPStatus) { code = status.code }

    /// Whether it is about the upstream, so that another one may answer the same request.
    var isUpstreams: Bool { isBusy || isRefusedKey || code >= 500 && code != 501 && code != 505 }

    /// Whether the upstream cannot take more at the moment.
    var isBusy: Bool { code == 429 || code == 529 }

    /// Whether it does not accept the key.
    var isRefusedKey: Bool { code == 401 || code == 403 }

    /// How the attempt counts for the upstream's health.
    func outcome(retryAfter: Duration?) -> UpstreamHealth.Outcome {
        if isBusy || code == 503 && retryAfter != nil { return .busy(retryAfter: retryAfter) }
        return code >= 500 && code != 501 && code != 505 ? .serverError : .answered
    }
}
