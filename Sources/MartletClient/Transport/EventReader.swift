internal import Logging
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// The JSON values of a response's event stream, one after the other.
struct EventReader {
    /// What comes next.
    enum Next {
        /// A value, and the name of its event, which is empty for most.
        case value(JSONValue, name: String)
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
    /// Whether a token has come: until then what is waited for is the first one.
    var hasBegun = false
    /// What came before the first event, for telling what it is when there is none.
    private var beginning: [UInt8] = []
    private static let beginningLimit = 64 * 1024
    private var hasEvent = false
    private var bytesRead = 0
    private var comments = 0

    /// Which timeout runs while the next event is waited for.
    private var timeout: Timeouts.Kind { hasBegun ? .idle : .firstToken }
    /// Whether the answer is whole: only its usage and `[DONE]` may still come, and they are not waited for long.
    var isFinished = false
    private let afterFinish: Duration?

    init(_ response: OpenResponse, client: Client) {
        self.response = response
        commentsAreProgress = client.timeouts.commentsAreProgress
        afterFinish = client.timeouts.afterFinish
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
        if case .end = next { throw noEvent }
        return next
    }

    /// What a stream is that ended without an event: an error told as plain JSON, something else altogether, or nothing.
    private var noEvent: ClientError {
        let fields = response.head.fields
        if let value = try? JSONValue(parsing: beginning), let error = ClientError(in: value, fields: fields) {
            return error
        }
        // Lines that an event stream may consist of without an event in it.
        let lines = String(decoding: beginning, as: UTF8.self).split(whereSeparator: \.isNewline)
        if lines.allSatisfy({ line in [":", "data", "event", "id", "retry"].contains { line.hasPrefix($0) } }) {
            return ClientError(.connection, "read body: the stream ended before its first event.")
        }
        var error = ClientError(
            .badResponse, "decode response: it is no event stream but \(fields["Content-Type"] ?? "of no type").")
        error.fields = fields
        error.body = beginning
        return error
    }

    /// What comes next, once all that had come before has been told.
    mutating func next() async throws(ClientError) -> Next {
        response.wait(for: timeout, atMost: isFinished ? afterFinish : nil)
        defer { response.rest() }
        while true {
            if let event = try parsed() {
                guard let next = try read(event) else { continue }
                hasEvent = true
                beginning = []
                return next
            }
            if isAtEnd { return .end }
            if commentsAreProgress, !isFinished, parser.commentCount > comments {
                response.wait(for: timeout)
            }
            comments = parser.commentCount
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

    /// What an event named `error` says, in OpenAI's envelope: some servers send the error's members, or its text, alone.
    private static func failure(_ data: [UInt8]) -> JSONValue {
        let value = (try? JSONValue(parsing: data)) ?? .string(String(decoding: data, as: UTF8.self))
        if ClientError(in: value, fields: HTTPFields()) != nil { return value }
        var error = value
        if case .null = value { error = "" } else if value.object == nil { error = .string(value.string ?? "\(value)") }
        let wrapped: JSONValue = ["error": error]
        if ClientError(in: wrapped, fields: HTTPFields()) != nil { return wrapped }
        return ["error": "The server reported an error and did not say which."]
    }

    /// Nil for what says nothing.
    private func read(_ event: ServerSentEvent) throws(ClientError) -> Next? {
        if event.name == "error" { return .value(Self.failure(event.data), name: event.name) }
        if event.data.isEmpty { return nil }
        if event.data.elementsEqual("[DONE]".utf8) { return .done }
        do {
            return .value(try JSONValue(parsing: event.data), name: event.name)
        } catch {
            // Where and how long, never what: it is what a user said.
            let place = "\(event.data.count) bytes, before byte \(bytesRead) of the stream"
            // An event that the end has cut is no bad event: the stream is.
            if isAtEnd { return nil }
            if skipsBadEvents {
                logger?.warning("event is no JSON and was skipped", metadata: ["place": "\(place)"])
                return nil
            }
            response.end()
            throw ClientError(.badResponse, "stream read: an event is no JSON: \(place).")
        }
    }
}
