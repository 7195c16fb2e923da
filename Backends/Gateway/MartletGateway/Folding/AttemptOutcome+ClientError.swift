internal import Martlet
internal import MartletClient

extension AttemptOutcome {
    /// - Parameter hasBegun: Whether the sink has a part of the answer.
    init(_ error: ClientError, hasBegun: Bool) {
        if error.reason == .cancelled {
            self = .cancelled
        } else if let status = error.status, status >= 400, !hasBegun {
            self = .declined(
                Answer(status: HTTPStatus(status), fields: RelayFields.answering(error.fields), body: error.body))
        } else {
            self = hasBegun ? .broken(Failure(error)) : .failed(Failure(error))
        }
    }
}

extension AttemptOutcome.Failure {
    init(_ error: ClientError) {
        if let transport = error.transport {
            self = .transport(transport)
        } else if let timeout = error.timeout {
            self = timeout == .idle ? .idleTimeout : timeout == .total ? .totalTimeout : .headTimeout
        } else if error.reason == .responseTooLarge {
            self = .tooLarge
        } else if [.connection, .interrupted].contains(error.reason) {
            self = .incomplete
        } else if error.reason == .badResponse || error.reason == .formatError && error.body.isEmpty {
            if let status = error.status, (300..<400).contains(status) {
                self = .unexpectedStatus(status)
            } else {
                self = .transport(TransportError(.protocolError, error.message))
            }
        } else {
            self = .reported(error.asOpenAI(status: 502))
        }
    }
}

extension ClientError {
    /// The upstream's refusal, as the client gets it.
    var forClient: any Error {
        let error = asOpenAI(status: status ?? 502)
        let seconds = max(1, Int(((retryAfter ?? .seconds(1)) / .seconds(1)).rounded(.up)))
        switch error.status {
        case 429: return BackendError.rateLimited(error.message, retryAfter: seconds)
        case 503: return BackendError.unavailable(error.message, retryAfter: seconds)
        default: return error
        }
    }

    fileprivate func asOpenAI(status: Int) -> OpenAIError {
        let sentence = message.isEmpty ? "The upstream answered with the status \(status)." : message
        return OpenAIError(
            status: status, message: sentence, type: type ?? (status < 500 ? "invalid_request_error" : "server_error"),
            param: param, code: code)
    }
}
