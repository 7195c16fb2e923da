internal import Logging
internal import MartletHTTP
internal import MartletUV

/// How a request ends that does not end well.
extension Service {
    /// Answers with an error: a real status while the head is still here, after that the last frames of the stream, or
    /// its visible lack of an end. What the backend or this server did wrong is logged.
    func fail(_ response: ResponseBuffer, with error: any Error, of request: HTTPRequest, as errors: any ErrorEnvelope)
    {
        let reply = ErrorRendering.response(error, as: errors)
        let description = ErrorRendering.describe(error).error
        var end: [UInt8] = []
        let hasEnd = errors.appendEnd(description, to: &end)
        let isSent =
            hasEnd
            ? response.fail(reply) { $0.append(contentsOf: end) }
            : response.send(reply) || response.abort()
        let status = description.status
        guard isSent, status == 500 || status == 504 else { return }
        // An error may repeat what the client sent.
        let text = "\(error)".escapingInvisibles()
        configuration.logger.error(
            "\(request.method) \(request.path) failed: \(text)", metadata: ["request_id": "\(request.requestID)"])
    }

    /// Runs `body`, and ends its request when the configured time is over.
    nonisolated(nonsending) func withTimeout(
        _ response: ResponseBuffer, of request: HTTPRequest, as errors: any ErrorEnvelope,
        _ body: nonisolated(nonsending) () async -> Void
    ) async {
        guard let limit = configuration.requestTimeout else { return await body() }
        let timer = Task {
            guard (try? await Task.sleep(until: request.arrival + limit)) != nil else { return }
            fail(
                response, with: BackendError.timedOut("The answer took longer than this server allows."), of: request,
                as: errors)
            response.stopProducer()
        }
        await body()
        timer.cancel()
    }

    /// Logs what a backend threw although its answer was complete.
    func logLate(_ error: any Error) {
        if error is CancellationError { return }
        let text = "\(error)".escapingInvisibles()
        configuration.logger.error("the backend failed after its answer was complete: \(text)")
    }
}
