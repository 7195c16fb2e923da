internal import Logging
internal import MartletHTTP

/// How a request ends that does not end well.
extension Service {
    /// Answers with an error: a real status while the head is still here, an event in the stream after that.
    /// What the backend or this server did wrong is logged.
    func fail(_ response: ResponseStream, with error: any Error, of request: HTTPRequest) {
        let isTold = response.fail(ErrorRendering.response(error)) { ErrorRendering.appendEvents(error, to: &$0) }
        let status = ErrorRendering.describe(error).error.status
        guard isTold, status == 500 || status == 504 else { return }
        configuration.logger.error(
            "\(request.method) \(request.path) failed: \(error)", metadata: ["request_id": "\(request.requestID)"])
    }

    /// Runs `body`, and ends its request when the configured time is over.
    nonisolated(nonsending) func withTimeout(
        _ response: ResponseStream, of request: HTTPRequest, _ body: nonisolated(nonsending) () async -> Void
    ) async {
        guard let limit = configuration.requestTimeout else { return await body() }
        let timer = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            fail(response, with: BackendError.timedOut("The answer took longer than this server allows."), of: request)
            response.cancelTask()
        }
        await body()
        timer.cancel()
    }
}
