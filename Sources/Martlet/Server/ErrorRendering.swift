internal import MartletHTTP
internal import MartletOpenAI

/// Turns any error into the response that a client gets. No other file does.
enum ErrorRendering {
    /// The error as a client sees it, and when it may try again.
    static func describe(_ error: any Error) -> (error: OpenAIError, retry: RetryDelay?) {
        switch error {
        case let error as OpenAIError:
            (error, nil)
        case let error as BackendError:
            (error.error, error.retryAfter.map { RetryDelay(seconds: $0) })
        case let refusal as LimitRefusal:
            (refusal.error, RetryDelay(refusal.wait))
        case let error as RequestError:
            (describe(error), nil)
        case Admission.Refusal.full(let position, let retryAfter):
            (
                .rateLimitExceeded(
                    """
                    The model's queue is full: this request would be at position \(position), with an estimated wait of \
                    \(retryAfter)s. Please try again in \(retryAfter)s.
                    """), RetryDelay(.seconds(retryAfter))
            )
        case let error as MemoryBudget.Exceeded:
            (describe(error), nil)
        case is CancellationError:
            (.serverError("The backend cancelled the request."), nil)
        default:
            (.serverError("The backend failed. The server's log says why."), nil)
        }
    }

    /// A refusal of the parser as an OpenAI error.
    private static func describe(_ error: RequestError) -> OpenAIError {
        switch error.status.code {
        case 501: .notImplemented(error.message)
        case 503: .serviceUnavailable(error.message)
        case let code: OpenAIError(status: code, message: error.message)
        }
    }

    private static func describe(_ error: MemoryBudget.Exceeded) -> OpenAIError {
        error.isBeyondAll
            ? .payloadTooLarge("This takes more memory than the server has for all requests; ask for less at once.")
            : .serviceUnavailable(
                "The server's memory for requests is used up at the moment; try again a little later.")
    }

    /// - Parameter requestID: The id of the request, if it is known yet.
    static func response(
        _ error: any Error, of requestID: String? = nil, as envelope: any ErrorEnvelope = OpenAIErrors()
    ) -> HTTPResponse {
        let (error, retry) = describe(error)
        return response(error, of: requestID, retry: retry, as: envelope)
    }

    static func response(
        _ error: OpenAIError, of requestID: String? = nil, retry: RetryDelay? = nil, allow: String? = nil,
        as envelope: any ErrorEnvelope = OpenAIErrors()
    ) -> HTTPResponse {
        var response = HTTPResponse(
            HTTPStatus(envelope.status(error)), json: envelope.body(error, requestID: requestID))
        if let allow { response.head.fields.append("Allow", allow) }
        switch error.status {
        case 401: response.head.fields.append("WWW-Authenticate", "Bearer")
        case 429, 503:
            response.head.fields.append("Retry-After", String(retry?.seconds ?? 1))
            if let count = retry?.milliseconds { response.head.fields.append("retry-after-ms", String(count)) }
        // Clients retry after a 5xx, and this request can never succeed.
        case 501: response.head.fields.append("x-should-retry", "false")
        default: break
        }
        return response
    }
}
