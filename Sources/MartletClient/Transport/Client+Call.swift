internal import MartletHTTP
internal import MartletJSON

extension Client {
    /// Sends, and reads all of the response: JSON that holds no error. What `read` cannot make sense of is asked for again,
    /// as the policy allows.
    nonisolated(nonsending) func whole<Reply>(
        _ call: Call, as read: @Sendable (WholeResponse) throws(ClientError) -> Reply
    ) async throws(ClientError) -> Reply {
        try await call.run { (response, attempts) async throws(ClientError) -> Reply in
            let body = try await response.whole(limit: replyLimit)
            let info = ResponseInfo(
                status: response.head.status, fields: response.head.fields, body: body, attempts: attempts)
            return try read(WholeResponse(info: info, json: try info.object()))
        }
    }

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
                response.drainAndClose()
                throw error
            }
            return StreamReader(events, first: first, fold: fold(info))
        }
    }
}
