internal import Logging
internal import MartletHTTP

/// How a request ends that does not end well.
extension Service {
    /// Answers with an error: a real status while the head is still here; after that an event in a stream of the API,
    /// and an end that is visibly none in a stream of a route's own, whose format only the route knows.
    /// What the backend or this server did wrong is logged.
    func fail(_ response: ResponseStream, with error: any Error, of request: HTTPRequest, isOwnRoute: Bool) {
        let reply = ErrorRendering.response(error)
        let isTold =
            isOwnRoute
            ? response.send(reply) || response.breakOff()
            : response.fail(reply) { ErrorRendering.appendEvents(error, to: &$0) }
        let status = ErrorRendering.describe(error).error.status
        guard isTold, status == 500 || status == 504 else { return }
        configuration.logger.error(
            "\(request.method) \(request.path) failed: \(error)", metadata: ["request_id": "\(request.requestID)"])
    }

    /// Runs `body`, and ends its request when the configured time is over.
    nonisolated(nonsending) func withTimeout(
        _ response: ResponseStream, of request: HTTPRequest, isOwnRoute: Bool,
        _ body: nonisolated(nonsending) () async -> Void
    ) async {
        guard let limit = configuration.requestTimeout else { return await body() }
        let timer = Task {
            guard (try? await Task.sleep(until: request.arrival + limit)) != nil else { return }
            fail(
                response, with: BackendError.timedOut("The answer took longer than this server allows."), of: request,
                isOwnRoute: isOwnRoute)
            response.cancelTask()
        }
        await body()
        timer.cancel()
    }

    /// Logs what a backend threw although its answer was complete.
    func logLate(_ error: any Error) {
        if error is CancellationError { return }
        configuration.logger.error("the backend failed after its answer was complete: \(error)")
    }
}
