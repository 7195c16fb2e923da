internal import MartletHTTP
internal import MartletJSON

extension Client {
    /// Sends, and reads the complete response as JSON without an error. If `decode` fails, the request is retried as the
    /// policy allows.
    nonisolated(nonsending) func perform<Reply>(
        _ call: Call, decoding decode: @Sendable (JSONResponse) throws(ClientError) -> Reply
    ) async throws(ClientError) -> Reply {
        try await call.run { (response, attempts) async throws(ClientError) -> Reply in
            let body = try await response.body(limit: replyLimit)
            let info = ResponseInfo(
                status: response.head.status, fields: response.head.fields, body: body, attempts: attempts)
            return try decode(JSONResponse(info: info, json: try info.object()))
        }
    }

    /// Sends, and returns a stream whose first event has arrived and is not an error. Until then failures are retried
    /// as the policy allows.
    nonisolated(nonsending) func begin<Fold: StreamFold>(
        _ call: Call, folding fold: @Sendable (ResponseInfo) -> Fold
    ) async throws(ClientError) -> StreamReader<Fold> {
        try await call.run { (response, attempts) async throws(ClientError) -> StreamReader<Fold> in
            var info = ResponseInfo(
                status: response.head.status, fields: response.head.fields, body: [], attempts: attempts)
            let isComplete = info.fields["Content-Type"]?.lowercased().hasPrefix("application/json") == true
            // The server does not stream, or reports an error with a 2xx status.
            if isComplete { info.body = try await response.body(limit: replyLimit) }
            let fold = fold(info)
            var events = EventReader(response, client: self, keepAlive: fold.keepAliveEvent)
            let first = isComplete ? .value(.object(try info.object()), name: "") : try await events.first()
            if case .value(let value, _) = first, let error = fold.failure(in: value) {
                response.drainAndClose()
                throw error
            }
            return StreamReader(events, first: first, fold: fold)
        }
    }
}
