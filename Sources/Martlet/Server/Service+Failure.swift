internal import Logging
internal import MartletHTTP
internal import MartletUV

/// How a request fails.
extension Service {
    /// Responds with an error: with its status if the head has not been sent, otherwise with the last frames of the
    /// stream, or by aborting it. Failures of the backend or the server are logged.
    func fail(_ response: ResponseBuffer, with error: any Error, of request: HTTPRequest, as errors: any ErrorEnvelope)
    {
        let reply = ErrorRendering.response(error, of: request.requestID, as: errors)
        let description = ErrorRendering.describe(error).error
        // Before the response, whose end is the end of the record. An error after it is not the client's.
        if response.isOpen { response.updateFacts { $0.error = description } }
        // Taken in any case: after an error they may retain the response.
        let frames = response.takeFailureFrames()
        var isSent = response.send(reply)
        if !isSent, response.isOpen {
            var end = frames?(error) ?? []
            let hasEnd = !end.isEmpty || errors.appendEnd(description, to: &end)
            isSent = hasEnd ? response.finish { $0.append(contentsOf: end) } : response.abort()
        }
        let status = description.status
        guard isSent, status == 500 || status == 504 else { return }
        // An error may contain text of the client.
        let text = "\(error)".escapingInvisibles()
        configuration.logger.error(
            "\(request.method) \(request.path) failed: \(text)", metadata: ["request_id": "\(request.requestID)"])
    }

    /// Runs `body`, and ends the request with 504 after the configured time.
    nonisolated(nonsending) func withTimeout(
        _ response: ResponseBuffer, of request: HTTPRequest, as errors: any ErrorEnvelope,
        _ body: nonisolated(nonsending) () async -> Void
    ) async {
        guard let limit = configuration.requestTimeout else { return await body() }
        let timer = Task {
            guard (try? await Task.sleep(until: request.arrival + limit)) != nil else { return }
            if response.isOpen { response.updateFacts { $0.cancellation = .timeout } }
            fail(response, with: BackendError.deadlineExceeded, of: request, as: errors)
            response.stopProducer()
        }
        await body()
        timer.cancel()
    }

    /// Logs an error that was thrown after the reply was complete, by the backend unless `source` says otherwise.
    func logLate(_ error: any Error, from source: String = "the backend") {
        if error is CancellationError { return }
        let text = "\(error)".escapingInvisibles()
        configuration.logger.error("\(source) failed after its answer was complete: \(text)")
    }
}
