internal import MartletHTTP
internal import MartletJSON

/// Which API's words an error is told in.
enum ErrorFormat: Sendable {
    /// An envelope with four members; in a stream an event, and `[DONE]`.
    case openAI
    /// A sentence under `error`; in a stream a line.
    case ollama
    /// OpenAI's, for want of a better one; a stream breaks off, for only the route knows its format.
    case ownRoute

    /// The body of a reply.
    func body(_ error: OpenAIError) -> [UInt8] {
        var writer = JSONWriter()
        switch self {
        case .openAI, .ownRoute: writer.value(error)
        case .ollama: writer.object { $0.member("error", error.message) }
        }
        return writer.bytes
    }

    /// Appends the last frames of a stream that an error has ended.
    func append(_ error: OpenAIError, to bytes: inout [UInt8]) {
        switch self {
        case .openAI:
            ServerSentEvents.append(to: &bytes) { $0.append(contentsOf: body(error)) }
            bytes.append(contentsOf: ServerSentEvents.done)
        case .ollama:
            bytes += body(error)
            bytes.append(UInt8(ascii: "\n"))
        case .ownRoute: break
        }
    }
}
