/// The framing of server-sent events (WHATWG HTML §9.2): the one file that knows the letters.
///
/// Streams of the OpenAI API carry `data` fields and comments only. An `id`, `event` or `retry` field would make
/// clients dispatch events without data, which they then fail to parse.
package enum ServerSentEvents {
    package static let contentType = "text/event-stream; charset=utf-8"

    /// The event that ends every stream, also after an error.
    package static let done = Array("data: [DONE]\n\n".utf8)

    /// A comment: readers ignore it, proxies see that the stream lives.
    package static let ping = Array(": ping\n\n".utf8)

    /// Appends one event whose data is what `writeData` appends: one line, without CR or LF.
    package static func append(to bytes: inout [UInt8], _ writeData: (inout [UInt8]) -> Void) {
        bytes.append(contentsOf: start)
        writeData(&bytes)
        bytes.append(contentsOf: end)
    }

    private static let start = Array("data: ".utf8)
    private static let end = Array("\n\n".utf8)
}
