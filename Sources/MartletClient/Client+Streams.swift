internal import Logging
internal import MartletHTTP
internal import MartletJSON

extension Client {
    /// Sends, and returns a stream whose first event is there and is not an error. Until then everything is tried again
    /// that the policy allows.
    nonisolated(nonsending) func begin<Fold: StreamFold>(
        _ call: Call, folding fold: @Sendable (ResponseInfo) -> Fold
    ) async throws(ClientError) -> StreamReader<Fold> {
        try await call.run { (response, attempts) async throws(ClientError) -> StreamReader<Fold> in
            var info = ResponseInfo(
                status: response.head.status, fields: response.head.fields, body: [], attempts: attempts)
            var events = EventReader(response, client: self)
            let first: EventReader.Next
            if info.fields["Content-Type"]?.lowercased().hasPrefix("application/json") == true {
                // A server that does not stream, or that reports an error with a status of success.
                info.body = try await response.whole(limit: replyLimit)
                first = .value(.object(try info.object()), name: "")
            } else {
                first = try await events.first()
            }
            if case .value(let value, _) = first, let error = ClientError(in: value, fields: info.fields) {
                response.endSoon()
                throw error
            }
            return StreamReader(events, first: first, fold: fold(info))
        }
    }

    /// Whether the error says that the server refuses `stream_options`, which is then remembered.
    func learnsOfStreamOptions(from error: ClientError) -> Bool {
        guard error.status == 400 || error.status == 422 else { return false }
        let words = String(decoding: error.body, as: UTF8.self).lowercased()
        guard words.contains("stream_options") || words.contains("include_usage") else { return false }
        logger?.notice("server refuses stream_options; usage of streams is not reported")
        memory.noteStreamOptionsRefused()
        return true
    }
}
