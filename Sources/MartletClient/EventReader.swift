internal import Logging
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// The JSON values of a response's event stream, one after the other.
struct EventReader {
    /// What comes next.
    enum Next {
        case value(JSONValue)
        /// `[DONE]`.
        case done
        /// The end of the content, without `[DONE]`.
        case end
    }

    let response: OpenResponse
    private let commentsAreProgress: Bool
    private let skipsBadEvents: Bool
    private let logger: Logger?
    private var parser: ServerSentEventParser
    private var isAtEnd = false
    private var hasBegun = false
    private var bytesRead = 0
    private var comments = 0

    /// Which timeout runs while the next event is waited for.
    private var timeout: Timeouts.Kind { hasBegun ? .idle : .firstToken }

    init(_ response: OpenResponse, client: Client) {
        self.response = response
        commentsAreProgress = client.timeouts.commentsAreProgress
        skipsBadEvents = client.skipsBadEvents
        logger = client.logger
        parser = ServerSentEventParser(limit: client.eventLimit)
    }

    /// What comes first. A stream that ends or breaks before it has said nothing: there is no answer to be cut.
    mutating func first() async throws(ClientError) -> Next {
        let next: Next
        do throws(ClientError) { next = try await self.next() } catch {
            var error = error
            if error.reason == .interrupted { error.reason = .connection }
            throw error
        }
        if case .end = next { throw ClientError(.connection, "read body: the stream ended before its first event.") }
        return next
    }

    /// What comes next, once all that had come before has been told.
    mutating func next() async throws(ClientError) -> Next {
        response.wait(for: timeout)
        defer { response.rest() }
        while true {
            if let event = try parsed() {
                guard let next = try read(event) else { continue }
                hasBegun = true
                return next
            }
            if isAtEnd { return .end }
            if commentsAreProgress, parser.commentCount > comments {
                response.wait(for: timeout)
            }
            comments = parser.commentCount
            guard let bytes = try await response.next() else {
                isAtEnd = true
                continue
            }
            bytesRead += bytes.count
            parser.append(bytes)
        }
    }

    private mutating func parsed() throws(ClientError) -> ServerSentEvent? {
        do throws(ServerSentEventParser.TooLong) {
            if let event = try parser.next() { return event }
            return isAtEnd ? try parser.finish() : nil
        } catch {
            response.end()
            throw ClientError(.badResponse, "stream read: \(error) The setting is `eventLimit`.")
        }
    }

    /// Nil for what says nothing.
    private func read(_ event: ServerSentEvent) throws(ClientError) -> Next? {
        if event.data.isEmpty { return nil }
        if event.data.elementsEqual("[DONE]".utf8) { return .done }
        do {
            return .value(try JSONValue(parsing: event.data))
        } catch {
            // Where and how long, never what: it is what a user said.
            let place = "\(event.data.count) bytes, before byte \(bytesRead) of the stream"
            if skipsBadEvents {
                logger?.warning("event is no JSON and was skipped", metadata: ["place": "\(place)"])
                return nil
            }
            response.end()
            throw ClientError(.badResponse, "stream read: an event is no JSON: \(place).")
        }
    }
}
