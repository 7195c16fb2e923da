public import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// A request to relay: its body is a JSON object that has been checked, and its bytes are those that the client sent.
public final class RelayRequest: Sendable {
    public let endpoint: RelayEndpoint
    public let head: RequestHead
    /// The id of the model, as the backend lists it.
    public let model: String
    public let context: RequestContext
    /// As the client sent it; empty for a request without content.
    public let body: [UInt8]
    /// Whether the client asks for a stream.
    public let isStreamed: Bool
    /// Whether the client gets the usage in a stream: it asks for it, or the API always has it.
    public let includesUsage: Bool
    /// The name of the model in the request; nil if it has none.
    public let requestedModel: String?
    /// The estimated tokens of the prompt and the reply together.
    public var estimatedTokens: Int { estimate.total }
    let estimate: TokenEstimate
    /// The most tokens of each choice; nil without a limit.
    let maxTokens: Int?
    private let outline: JSONOutline?

    /// - Throws: 400 for a member that the body has twice: parsers differ in which one they use.
    init(_ request: ModelRequest, _ endpoint: RelayEndpoint, context: RequestContext) throws(OpenAIError) {
        self.endpoint = endpoint
        head = request.http.head
        model = request.model.id
        self.context = context
        let body = request.http.body
        self.body = body
        let outline = body.isEmpty ? nil : JSONOutline(of: body.span)
        if let name = outline?.repeatedName(in: body.span) {
            throw .invalidValue(name, "`\(name.prefix(256))` is in the request body twice; send it once.")
        }
        self.outline = outline
        let json = request.body
        let isStreamed = json["stream"]?.bool == true
        self.isStreamed = isStreamed && endpoint.isGenerating
        includesUsage =
            endpoint.api != .openAI || json["stream_options"]?.object?["include_usage"]?.bool == true
        requestedModel = json["model"]?.string
        let limit =
            switch endpoint.api {
            case .openAI: json["max_completion_tokens"] ?? json["max_tokens"]
            case .responses: json["max_output_tokens"]
            case .messages: json["max_tokens"]
            }
        let maxTokens = limit?.number?.int.map { max(0, $0) }
        self.maxTokens = maxTokens
        estimate = TokenEstimate(
            promptTokens: 0, textBytes: request.http.body.count, maxTokens: endpoint.isGenerating ? maxTokens : 0,
            choices: endpoint.api == .openAI ? max(1, json["n"]?.number?.int ?? 1) : 1,
            meanReply: request.model.meanReply.withLock { $0.tokens }, contextLength: request.model.contextLength)
    }

    /// The text of a member of the body; nil for another value, and without one.
    public func text(of member: String) -> String? {
        let body = body
        guard let range = outline?.value(of: member, in: body.span) else { return nil }
        return JSONOutline.string(at: range, in: body.span)
    }

    /// The text of a member of an object that is a member of the body; nil for another value, and without one.
    package func text(of member: String, in object: String) -> String? {
        let body = body
        guard let range = outline?.value(of: object, in: body.span),
            let value = JSONOutline(of: body.span, in: range)?.value(of: member, in: body.span)
        else { return nil }
        return JSONOutline.string(at: value, in: body.span)
    }

    /// What the prompt begins with: the tools, instructions beside the conversation, then each message or item, or the prompt
    /// itself, as the body has them.
    package var promptBlocks: [ArraySlice<UInt8>] {
        guard let outline else { return [] }
        let body = body
        let (first, conversation) =
            switch endpoint.api {
            case .openAI: (["tools"], "messages")
            case .responses: (["tools", "instructions"], "input")
            case .messages: (["tools", "system"], "messages")
            }
        var blocks = first.compactMap { outline.value(of: $0, in: body.span) }.map { body[$0] }
        if let range = outline.value(of: conversation, in: body.span) {
            let elements = JSONOutline(of: body.span, in: range)?.elements
            blocks += elements?.map { body[$0] } ?? [body[range]]
        } else if let prompt = outline.value(of: "prompt", in: body.span) {
            blocks.append(body[prompt])
        }
        return blocks
    }

    /// The body with another name of the model, and with a wish for usage in the stream. All else stays as it was sent, byte
    /// for byte.
    public func body(model: String?, includingUsage: Bool = false) -> [UInt8] {
        let body = body
        guard let outline else { return body }
        var edits: [(range: Range<Int>, text: [UInt8])] = []
        var added: [UInt8] = []
        if let model, model != requestedModel {
            let text = Array(JSONValue.string(model).description.utf8)
            if let range = outline.value(of: "model", in: body.span) {
                edits.append((range, text))
            } else {
                added += Array("\"model\":".utf8) + text
            }
        }
        if includingUsage, isStreamed, !includesUsage {
            if let range = outline.value(of: "stream_options", in: body.span) {
                var options = (try? JSONValue(parsing: Array(body[range])))?.object ?? [:]
                options["include_usage"] = true
                edits.append((range, Array(JSONValue.object(options).description.utf8)))
            } else {
                if !added.isEmpty { added.append(UInt8(ascii: ",")) }
                added += Array("\"stream_options\":{\"include_usage\":true}".utf8)
            }
        }
        if !added.isEmpty {
            if !outline.members.isEmpty { added.append(UInt8(ascii: ",")) }
            let start = outline.range.lowerBound + 1
            edits.append((start..<start, added))
        }
        if edits.isEmpty { return body }
        var result: [UInt8] = []
        result.reserveCapacity(body.count + edits.reduce(0) { $0 + $1.text.count })
        result.append(body.span, replacing: edits)
        return result
    }
}

extension [UInt8] {
    /// Appends bytes with other ones in some places, which do not overlap.
    mutating func append(_ bytes: Span<UInt8>, replacing edits: [(range: Range<Int>, text: [UInt8])]) {
        var offset = 0
        for (range, text) in edits.count > 1 ? edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) : edits {
            bytes.extracting(offset..<range.lowerBound).withUnsafeBufferPointer { self += $0 }
            self += text
            offset = range.upperBound
        }
        bytes.extracting(offset...).withUnsafeBufferPointer { self += $0 }
    }
}
