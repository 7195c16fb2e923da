public import MartletHTTP
internal import MartletJSON

/// How a relayed stream is written.
public enum RelayFrames: Sendable {
    /// One frame for each piece of the answer, which holds nothing else: `{"content":"..."}`.
    case content
    /// The chunks as they came, for readers that speak OpenAI's API.
    case openAI
}

/// What came of a relay.
public struct Relayed: Sendable {
    /// The whole text of the answer, as far as it came.
    public var content: String
    /// How the stream ended.
    public var ending: StreamEnding
}

extension Client {
    /// Asks, and writes the answer to `sink` as server-sent events while it comes.
    ///
    /// The sink always ends with `[DONE]`; where the answer is not whole, an event before it says why:
    /// `{"error":{...}}`, with up to 500 bytes of the server's message, in which keys are `***`. A sink that throws has
    /// no reader any more: that ends the stream, and with it the work on the server. Nothing is thrown.
    public nonisolated(nonsending) func relay(
        _ request: ChatRequest, to sink: some RelaySink, frames: RelayFrames = .content
    ) async -> Relayed {
        do throws(ClientError) {
            let stream = try await stream(request, keepsReply: false)
            return await relay(stream, to: sink, frames: frames)
        } catch {
            await finish(sink, error)
            return Relayed(content: "", ending: error.reason == .cancelled ? .cancelled : .failed(error))
        }
    }

    private nonisolated(nonsending) func relay(
        _ stream: ChatStream, to sink: some RelaySink, frames: RelayFrames
    ) async -> Relayed {
        var content = ""
        var latest = -1
        do {
            for try await event in stream {
                if let text = event.text { content += text }
                switch frames {
                case .content:
                    guard let text = event.text else { continue }
                    try await sink.write(Self.frame(["content": .string(text)]))
                case .openAI:
                    // Several events may come of one chunk.
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
        return Relayed(content: content, ending: stream.ending ?? .cancelled)
    }

    /// The most bytes of an upstream's error that a reader gets to see.
    private static let relayedErrorLimit = 500

    private static func frame(_ object: JSONObject) -> String {
        var bytes: [UInt8] = []
        ServerSentEvents.append(to: &bytes) { bytes in
            var writer = JSONWriter(appendingTo: bytes)
            writer.value(object)
            bytes = writer.bytes
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The end of a relay. Whether there is still a reader makes no difference any more.
    private nonisolated(nonsending) func finish(_ sink: some RelaySink, _ error: ClientError?) async {
        if let error {
            let secrets = secrets
            let shown = { (text: String) in
                JSONValue.string(text.redacted(secrets).cut(toBytes: Self.relayedErrorLimit))
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
    /// One word for what went wrong: the status, the timeout, or the reason.
    public var detail: String {
        if let timeout { return "timeout_\(timeout.rawValue)" }
        if let status { return "http_\(status)" }
        return reason.rawValue
    }
}

/// Where a stream is relayed to: anything that can be written to.
public protocol RelaySink: Sendable {
    /// Sends text, waiting as long as there is no room. Throws when nobody is there any more.
    ///
    /// - Returns: How many bytes it was.
    @discardableResult
    func write(_ text: String) async throws -> Int
}

/// A response of a Martlet server that is under way.
extension ResponseBody: RelaySink {
    @discardableResult
    public func write(_ text: String) async throws -> Int {
        let bytes = Array(text.utf8)
        try await write(bytes)
        return bytes.count
    }
}

/// A sink that is a closure.
public struct ClosureSink: RelaySink {
    private let body: @Sendable (String) async throws -> Void

    /// A sink that hands everything to `body`.
    public init(_ body: @escaping @Sendable (String) async throws -> Void) { self.body = body }

    @discardableResult
    public func write(_ text: String) async throws -> Int {
        try await body(text)
        return text.utf8.count
    }
}
