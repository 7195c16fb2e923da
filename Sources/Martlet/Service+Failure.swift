internal import Logging
internal import MartletHTTP

/// How a request ends that does not end well.
extension Service {
    /// Answers with an error: a real status while the head is still here, an event in the stream after that.
    func fail(_ response: ResponseStream, with error: any Error, of request: HTTPRequest? = nil) {
        let status = ErrorRendering.describe(error).error.status
        if status >= 500 && status != 501 && !response.isCancelled {
            configuration.logger.error(
                "\(request.map { "\($0.method) \($0.path)" } ?? "request") failed: \(error)",
                metadata: request.map { ["request_id": "\($0.requestID)"] })
        }
        response.fail(ErrorRendering.response(error)) { ErrorRendering.appendEvents(error, to: &$0) }
    }

    /// Runs `body`, and ends its request when the configured time is over.
    nonisolated(nonsending) func withTimeout(
        _ response: ResponseStream, _ body: nonisolated(nonsending) () async -> Void
    ) async {
        guard let limit = configuration.requestTimeout else { return await body() }
        let timer = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            fail(response, with: BackendError.timedOut("The answer took longer than this server allows."))
            response.cancelTask()
        }
        await body()
        timer.cancel()
    }
}
