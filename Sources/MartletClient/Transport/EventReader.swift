internal import Logging
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// Reads a response's server-sent events as JSON values.
struct EventReader {
    enum Next {
        /// A value, and the event's name, which is usually empty.
        case value(JSONValue, name: String)
        /// `[DONE]`.
        case done
        /// The end of the content without `[DONE]`.
        case end
    }

    let response: OpenResponse
    private let commentsAreProgress: Bool
    private let skipsBadEvents: Bool
    private let logger: Logger?
    private var parser: ServerSentEventParser
    private var isAtEnd = false
    /// Whether a token has arrived. Until then the first-token timeout applies.
    var hasBegun = false
    /// The content before the first event, to identify a response that has none.
    private var beginning: [UInt8] = []
    private static let beginningLimit = 64 * 1024
    private var hasEvent = false
    private var bytesRead = 0
    private var comments = 0
    private let keepAlive: String?
    private var keepAlives = 0

    /// The timeout for the next event.
    private var timeout: Timeouts.Kind { hasBegun ? .idle : .firstToken }
    /// Whether the reply is complete: only usage and `[DONE]` may follow, for at most `afterFinish`.
    var isFinished = false
    private let afterFinish: Duration?

    /// - Parameter keepAlive: The name of events that count as comments.
    init(_ response: OpenResponse, client: Client, keepAlive: String?) {
        self.response = response
        self.keepAlive = keepAlive
        commentsAreProgress = client.timeouts.commentsAreProgress
        afterFinish = client.timeouts.afterFinish
        skipsBadEvents = client.skipsBadEvents
        logger = client.logger
        parser = ServerSentEventParser(limit: client.eventLimit)
    }

    /// The first item. A stream that ends or breaks before it contains no part of a reply, so the reason is not
    /// `interrupted`.
    mutating func first() async throws(ClientError) -> Next {
        let next: Next
        do throws(ClientError) { next = try await self.next() } catch {
            var error = error
            if error.reason == .interrupted { error.reason = .connection }
            throw error
        }
        if case .end = next { throw missingEvent }
        return next
    }

    /// The error for a stream that ended without an event: a plain JSON error, another content type, or nothing at all.
    private var missingEvent: ClientError {
        let fields = response.head.fields
        if let value = try? JSONValue(parsing: beginning), let error = ClientError(in: value, fields: fields) {
            return error
        }
        // An event stream may consist of these lines without containing an event.
        let lines = String(decoding: beginning, as: UTF8.self).split(whereSeparator: \.isNewline)
        if lines.allSatisfy({ line in [":", "data", "event", "id", "retry"].contains { line.hasPrefix($0) } }) {
            return ClientError(.connection, "read body: the stream ended before its first event.")
        }
        var error = ClientError(
            .badResponse,
            "decode response: expected an event stream, but the type is \(fields["Content-Type"] ?? "missing").")
        error.fields = fields
        error.body = beginning
        return error
    }

    /// The next item.
    mutating func next() async throws(ClientError) -> Next {
        response.armTimeout(timeout, atMost: isFinished ? afterFinish : nil)
        defer { response.disarmTimeout() }
        while true {
            if let event = try parsed() {
                guard let next = try read(event) else { continue }
                hasEvent = true
                beginning = []
                return next
            }
            if isAtEnd { return .end }
            if commentsAreProgress, !isFinished, parser.commentCount + keepAlives > comments {
                response.armTimeout(timeout)
            }
            comments = parser.commentCount + keepAlives
            guard let bytes = try await response.next() else {
                isAtEnd = true
                continue
            }
            bytesRead += bytes.count
            if !hasEvent, beginning.count < Self.beginningLimit { beginning += bytes }
            parser.append(bytes)
        }
    }

    private mutating func parsed() throws(ClientError) -> ServerSentEvent? {
        do throws(ServerSentEventParser.TooLong) {
            if let event = try parser.next() { return event }
            return isAtEnd ? try parser.finish() : nil
        } catch {
            response.end()
            throw ClientError(.responseTooLarge, "stream read: \(error) The setting is `eventLimit`.")
        }
    }

    /// The data of an event named `error`, in OpenAI's envelope: some servers send only the error's members, or only
    /// text.
    private static func failure(_ data: [UInt8]) -> JSONValue {
        let value = (try? JSONValue(parsing: data)) ?? .string(String(decoding: data, as: UTF8.self))
        if ClientError(in: value, fields: HTTPFields()) != nil { return value }
        var error = value
        if case .null = value { error = "" } else if value.object == nil { error = .string(value.string ?? "\(value)") }
        let wrapped: JSONValue = ["error": error]
        if ClientError(in: wrapped, fields: HTTPFields()) != nil { return wrapped }
        return ["error": "The server reported an error and did not say which."]
    }

    /// Nil for an event without content.
    private mutating func read(_ event: ServerSentEvent) throws(ClientError) -> Next? {
        if event.name == "error" { return .value(Self.failure(event.data), name: event.name) }
        if let keepAlive, event.name == keepAlive {
            keepAlives += 1
            return nil
        }
        if event.data.isEmpty { return nil }
        if event.data.elementsEqual("[DONE]".utf8) { return .done }
        do {
            return .value(try JSONValue(parsing: event.data), name: event.name)
        } catch {
            // Log the position and the length only: the content belongs to the user.
            let place = "\(event.data.count) bytes, before byte \(bytesRead) of the stream"
            // A truncated last event means that the stream was cut, not that the event is malformed.
            if isAtEnd { return nil }
            if skipsBadEvents {
                logger?.warning("event is not JSON and was skipped", metadata: ["place": "\(place)"])
                return nil
            }
            response.end()
            throw ClientError(.badResponse, "stream read: an event is not JSON: \(place).")
        }
    }
}
