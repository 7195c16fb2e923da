public import MartletHTTP
internal import MartletJSON

/// The format of a relayed stream.
public enum RelayFrames: Sendable {
    /// One event per piece of text, with nothing else: `{"content":"..."}`.
    case content
    /// The chunks as received, for OpenAI-compatible readers; events of other APIs become chunks.
    case openAI
}

/// The outcome of a relay.
public struct RelayResult: Sendable {
    /// The text that arrived.
    public var content: String
    /// How the stream ended.
    public var ending: StreamEnding
}

extension Client {
    /// Sends a request, and writes the reply to `sink` as server-sent events while it arrives.
    ///
    /// The sink always ends with `[DONE]`. If the reply is incomplete, an event before it gives the reason:
    /// `{"error":{...}}`, with up to 500 bytes of the server's message, in which keys are `***`. If the sink throws,
    /// its reader is gone: the stream ends, and with it the work on the server. The method itself never throws.
    public nonisolated(nonsending) func relay(
        _ request: ChatRequest, to sink: some RelaySink, frames: RelayFrames = .content
    ) async -> RelayResult {
        do throws(ClientError) {
            let stream = try await stream(request, keepsReply: false)
            return await relay(stream, to: sink, frames: frames)
        } catch {
            await finish(sink, error)
            return RelayResult(content: "", ending: error.reason == .cancelled ? .cancelled : .failed(error))
        }
    }

    private nonisolated(nonsending) func relay(
        _ stream: ChatStream, to sink: some RelaySink, frames: RelayFrames
    ) async -> RelayResult {
        var content = ""
        var latest = -1
        var chunks = dialect.hasChunks ? nil : RelayedChunks()
        do {
            for try await event in stream {
                if let text = event.text { content += text }
                switch frames {
                case .content:
                    guard let text = event.text else { continue }
                    try await sink.write(Self.frame(["content": .string(text)]))
                case .openAI where chunks != nil:
                    guard let chunk = chunks?.chunk(of: event, model: stream.model) else { continue }
                    try await sink.write(Self.frame(chunk))
                case .openAI:
                    // One chunk may produce several events.
                    if event.number == latest { continue }
                    latest = event.number
                    try await sink.write(Self.frame(event.chunk))
                }
            }
            await finish(sink, nil)
        } catch let error as ClientError {
            await finish(sink, error)
        } catch {
            stream.cancel()
        }
        return RelayResult(content: content, ending: stream.ending ?? .cancelled)
    }

    /// The maximum size of a relayed error message, in bytes.
    private static let relayedErrorLimit = 500

    private static func frame(_ object: JSONObject) -> String {
        var bytes: [UInt8] = []
        ServerSentEvents.beginEvent(to: &bytes)
        var writer = JSONWriter(appendingTo: bytes)
        writer.value(object)
        bytes = writer.bytes
        ServerSentEvents.endEvent(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes the end. Errors of the sink no longer matter.
    private nonisolated(nonsending) func finish(_ sink: some RelaySink, _ error: ClientError?) async {
        if let error {
            let secrets = secrets
            let shown = { (text: String) in
                JSONValue.string(text.redacted(secrets).truncated(toBytes: Self.relayedErrorLimit))
            }
            let object: JSONObject = [
                "error": [
                    "message": shown(error.message), "type": shown(error.type ?? error.reason.rawValue),
                    "param": error.param.map(shown) ?? .null, "code": .string(error.detail),
                ]
            ]
            _ = try? await sink.write(Self.frame(object))
        }
        _ = try? await sink.write(String(decoding: ServerSentEvents.done, as: UTF8.self))
    }
}

extension ClientError {
    /// The error as one word: the status, the timeout, or the reason.
    public var detail: String {
        if let timeout { return "timeout_\(timeout.rawValue)" }
        if let status { return "http_\(status)" }
        return reason.rawValue
    }
}

/// The destination of a relayed stream.
public protocol RelaySink: Sendable {
    /// Writes text, and suspends while there is no room. Throws when the reader is gone.
    ///
    /// - Returns: The number of bytes.
    @discardableResult
    func write(_ text: String) async throws -> Int
}

/// A streaming response of a Martlet server.
extension ResponseBody: RelaySink {
    @discardableResult
    public func write(_ text: String) async throws -> Int {
        let bytes = Array(text.utf8)
        try await write(bytes)
        return bytes.count
    }
}

/// A sink that calls a closure.
public struct ClosureSink: RelaySink {
    private let body: @Sendable (String) async throws -> Void

    /// - Parameter body: Called with each piece of text.
    public init(_ body: @escaping @Sendable (String) async throws -> Void) { self.body = body }

    @discardableResult
    public func write(_ text: String) async throws -> Int {
        try await body(text)
        return text.utf8.count
    }
}
