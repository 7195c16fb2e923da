internal import Martlet
internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// How an attempt to get an answer of an upstream ended.
enum AttemptOutcome: Sendable {
    /// The client has an answer.
    case answered
    /// The upstream has answered with an error: the client may get it, or another upstream be asked if it is not the
    /// client's fault.
    case declined(Answer)
    /// There is no answer, and nothing has been sent to the client.
    case failed(Failure)
    /// The answer broke off after a part of it had been sent.
    case broken(Failure)
    /// The client has left.
    case cancelled

    enum Failure: Sendable {
        case transport(TransportError)
        case headTimeout
        case firstTokenTimeout
        case idleTimeout
        case totalTimeout
        /// Health checks have found the upstream down while nothing had come, and another one can take the request. The
        /// retry has been counted.
        case foundDown
        /// The stream ended without saying why.
        case incomplete
        /// A complete answer, although the client waits for a stream and has its head.
        case notStreamed
        case tooLarge
        /// The server's memory for requests is used up.
        case overMemory(MemoryBudget.Exceeded)
        /// A status that answers no request to a model, such as a redirection.
        case unexpectedStatus(Int)
        /// An error that the upstream has reported in an answer of status 200.
        case reported(OpenAIError)
    }

    struct Answer: Sendable {
        let status: HTTPStatus
        let fields: HTTPFields
        let body: [UInt8]

        /// The error that it is.
        var error: OpenAIError {
            let error = (try? JSONValue(parsing: body))?.object?["error"]
            let members = error?.object
            return OpenAIError(
                status: status.code,
                message: members?["message"]?.string ?? error?.string
                    ?? "The upstream answered with the status \(status.code).",
                type: members?["type"]?.string
                    ?? (status.code == 429
                        ? "rate_limit_error" : status.code < 500 ? "invalid_request_error" : "server_error"),
                param: members?["param"]?.string, code: members?["code"]?.string)
        }
    }
}

extension AttemptOutcome {
    /// Whether the upstream may have worked on the request, so that another attempt adds to the load and is still to be
    /// counted.
    var reachedUpstream: Bool {
        switch self {
        case .failed(.transport(let error)): !error.isBeforeConnection
        case .failed(.foundDown): false
        default: true
        }
    }

    /// The reason for the log.
    var reason: String {
        switch self {
        case .answered, .cancelled: ""
        case .declined(let answer): "status \(answer.status.code)"
        case .failed(.transport(let error)), .broken(.transport(let error)): error.message
        case .failed(let failure), .broken(let failure): "\(failure.error(from: nil))"
        }
    }

    /// What the outcome says of the upstream.
    func health(isKeyOfClient: Bool) -> UpstreamHealth.Outcome {
        switch self {
        case .answered: .answered
        case .cancelled: .cancelled
        case .declined(let answer):
            UpstreamStatus(answer.status, isKeyOfClient: isKeyOfClient).outcome(
                retryAfter: RelayFields.retryAfter(answer.fields))
        case .failed(let failure), .broken(let failure):
            switch failure {
            case .transport(let error): error.isBeforeConnection ? .connectFailed : .interrupted
            case .headTimeout, .firstTokenTimeout, .idleTimeout, .foundDown: .timedOut
            case .incomplete: .interrupted
            case .unexpectedStatus: .serverError
            case .reported: .answered
            case .tooLarge, .notStreamed: .answered
            // A long answer may be all that takes its time.
            case .overMemory, .totalTimeout: .cancelled
            }
        }
    }
}

extension AttemptOutcome.Failure {
    /// Whether another upstream may answer what this one has not.
    var isRetryable: Bool {
        switch self {
        case .transport, .headTimeout, .firstTokenTimeout, .idleTimeout, .foundDown, .incomplete, .unexpectedStatus,
            .reported:
            true
        case .totalTimeout, .notStreamed, .tooLarge, .overMemory: false
        }
    }

    /// Whether it has taken too long.
    var isTimeout: Bool {
        switch self {
        case .headTimeout, .firstTokenTimeout, .idleTimeout, .totalTimeout: true
        default: false
        }
    }

    /// The error that the client gets.
    func error(from upstream: String?) -> any Error {
        let subject = upstream.map { "The upstream \($0)" } ?? "The upstream"
        switch self {
        case .overMemory(let error): return error
        case .reported(let error): return error
        case .transport(let error) where error.isBeforeConnection:
            return BackendError.unavailable("\(subject) cannot be reached. Try again soon.")
        case .transport(let error) where error.kind == .connectionLost:
            return Self.error(502, "\(subject) closed the connection before its answer was complete.")
        case .transport(let error):
            return Self.error(502, "\(subject)'s answer cannot be read: \(error.message)")
        case .headTimeout: return Self.error(504, "\(subject) did not answer within the gateway's timeout `head`.")
        case .firstTokenTimeout:
            return Self.error(504, "\(subject) sent no event within the gateway's timeout `first_token`.")
        case .idleTimeout:
            return Self.error(504, "\(subject) sent nothing for longer than the gateway's timeout `idle`.")
        case .totalTimeout:
            return Self.error(504, "\(subject)'s answer was not complete within the gateway's timeout `total`.")
        case .foundDown: return BackendError.unavailable("\(subject) fails its health checks. Try again soon.")
        case .incomplete: return Self.error(502, "\(subject) ended its answer before it was complete.")
        case .notStreamed: return Self.error(502, "\(subject) did not answer with a stream.")
        case .tooLarge:
            let (whole, event) = (RelayAttempt.maximumBytes >> 20, RelaySink.maximumEventBytes >> 20)
            return Self.error(
                502, "\(subject)'s answer is larger than \(whole) MiB, or an event of it larger than \(event) MiB.")
        case .unexpectedStatus(let code):
            return Self.error(502, "\(subject) answered with the unexpected status \(code).")
        }
    }

    private static func error(_ status: Int, _ message: String) -> OpenAIError {
        OpenAIError(status: status, message: message, type: "server_error", code: "upstream_error")
    }
}
