/// An event of a stream (WHATWG HTML §9.2.6).
public struct ServerSentEvent: Sendable, Equatable {
    /// The value of the `event` field; empty without one.
    public var name: String
    /// The values of the `data` fields, joined by line feeds.
    public var data: [UInt8]

    /// An event without a name unless one is given.
    public init(name: String = "", data: [UInt8]) {
        self.name = name
        self.data = data
    }

    /// The data decoded as UTF-8, with U+FFFD for invalid bytes.
    public var text: String { String(decoding: data, as: UTF8.self) }
}

/// The framing of server-sent events (WHATWG HTML §9.2). No other file writes it.
///
/// Streams of the OpenAI API contain only `data` fields and comments. An `id`, `event` or `retry` field would make
/// clients dispatch events without data, which they then fail to parse.
package enum ServerSentEvents {
    package static let contentType = "text/event-stream; charset=utf-8"

    /// Keeps caches and proxies from holding a stream back.
    package static let unbuffered: HTTPFields = ["Cache-Control": "no-cache", "X-Accel-Buffering": "no"]

    /// The event that ends every stream, also after an error.
    package static let done = Array("data: [DONE]\n\n".utf8)

    /// A comment: clients ignore it, proxies see that the connection is alive.
    package static let ping = Array(": ping\n\n".utf8)

    /// Begins an event, whose data follows: one line without CR or LF, up to `endEvent`.
    ///
    /// - Parameter name: The value of the `event` field; nil for none.
    package static func beginEvent(named name: StaticString? = nil, to bytes: inout [UInt8]) {
        if let name {
            bytes.append(contentsOf: field)
            name.withUTF8Buffer { bytes.append(contentsOf: $0) }
            bytes.append(UInt8(ascii: "\n"))
        }
        bytes.append(contentsOf: start)
    }

    package static func endEvent(to bytes: inout [UInt8]) { bytes.append(contentsOf: end) }

    /// Splits complete events of this server, each of which ends with an empty line.
    package static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var events: [[UInt8]] = []
        var start = 0
        for index in bytes.indices.dropFirst() where bytes[index] == end[1] && bytes[index - 1] == end[0] {
            events.append(Array(bytes[start...index]))
            start = index + 1
        }
        return events
    }

    private static let field = Array("event: ".utf8)
    private static let start = Array("data: ".utf8)
    private static let end = Array("\n\n".utf8)
}
