internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `GET`, `DELETE` and `POST` below `/v1/responses/`: responses that were stored.
extension Service {
    nonisolated(nonsending) func storedResponse(
        _ http: HTTPRequest, _ response: ResponseBuffer, _ principal: Principal?
    ) async throws {
        let path = RoutePath(http.path)
        let rest = path.rest(after: path.text.hasPrefix("/v1/") ? "/v1/responses/" : "/responses/")
        let parts = rest.split(separator: "/", maxSplits: 1)
        let id = PercentEncoding.decoded(parts.first ?? "")
        switch (http.method == .head ? .get : http.method, parts.dropFirst().first) {
        case (.get, nil):
            let reply = try storedReply(id, of: principal)
            guard try http.flag("stream") else { return response.sendJSON(reply.content.document) }
            try await replay(reply, after: try http.integer("starting_after", in: 0...Int(Int32.max)), in: response)
        case (.delete, nil):
            try delete(try storedReply(id, of: principal), response)
        case (.post, "cancel"):
            try cancel(try storedReply(id, of: principal), response)
        case (.get, "input_items"):
            response.sendJSON(try StoredItemPage(of: storedReply(id, of: principal).input, http).json)
        case (_, nil), (_, "cancel"), (_, "input_items"):
            let allowed = ["cancel": "OPTIONS, POST", "input_items": "GET, HEAD, OPTIONS"]
            _ = response.appendField(
                "Allow", parts.dropFirst().first.flatMap { allowed[String($0)] } ?? "DELETE, GET, HEAD, OPTIONS")
            throw OpenAIError.methodNotAllowed(
                "\(http.path.prefix(256)) does not take \(http.method). A stored response takes GET and DELETE, its "
                    + "input_items take GET, and its cancel takes POST.")
        default:
            throw OpenAIError.notFound("There is no \(http.path.prefix(256)) here.")
        }
    }

    /// The stored response of that id, if it is one of the principal.
    func storedReply(_ id: String, of principal: Principal?) throws(OpenAIError) -> StoredReply {
        guard let replies else {
            throw .notFound(
                "No response can be retrieved, because this server stores none. Its operator can change that with "
                    + "`--responses-store`.")
        }
        guard let reply = replies.reply(id, of: principal?.id) else {
            let shown = Field.describe(.string(id))
            throw .notFound("There is no response with the id \(shown). Stored responses are dropped after some time.")
        }
        return reply
    }

    private func delete(_ reply: StoredReply, _ response: ResponseBuffer) throws(OpenAIError) {
        reply.cancel(Self.cancelled)
        replies?.remove(reply)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", reply.id)
            writer.member("object", "response")
            writer.member("deleted", true)
        }
        response.sendJSON(writer.bytes)
    }

    private func cancel(_ reply: StoredReply, _ response: ResponseBuffer) throws(OpenAIError) {
        guard reply.isBackground else {
            throw .invalidRequest("Only a response with `background: true` can be cancelled.")
        }
        // One that has ended stays as it is.
        if reply.cancel(Self.cancelled) { replies?.settle(reply) }
        response.sendJSON(reply.content.document)
    }

    /// The response with the items that were complete, and the event that says so: there is none for `cancelled` alone.
    static func cancelled(
        _ document: [UInt8], _ events: [[UInt8]]
    ) -> (content: StoredReply.Content, event: [UInt8]) {
        var items: [JSONValue] = []
        for event in events {
            // The name of the event has no brace.
            guard let start = event.firstIndex(of: UInt8(ascii: "{")),
                let value = try? JSONValue(parsing: Array(event[start...])).object,
                value["type"] == "response.output_item.done", let item = value["item"]
            else { continue }
            items.append(item)
        }
        var object = (try? JSONValue(parsing: document))?.object ?? [:]
        object["status"] = "cancelled"
        object["output"] = .array(items)
        var event: [UInt8] = []
        ServerSentEvents.beginEvent(named: "response.incomplete", to: &event)
        event.append { writer in
            writer.object { writer in
                writer.member("type", "response.incomplete")
                writer.member("response", object)
                writer.member("sequence_number", events.count)
            }
        }
        ServerSentEvents.endEvent(to: &event)
        let content = StoredReply.Content(
            document: Array(JSONValue.object(object).description.utf8),
            output: items.map { Array($0.description.utf8) })
        return (content, event)
    }

    /// Sends the events of a response in the background, and follows it until it ends.
    nonisolated(nonsending) func replay(
        _ reply: StoredReply, after last: Int?, in response: ResponseBuffer
    ) async throws {
        guard reply.isBackground else {
            throw OpenAIError.invalidValue(
                "stream", "Only a response with `background: true` can be streamed again; leave `stream` out.")
        }
        var fields: HTTPFields = ["Content-Type": ServerSentEvents.contentType]
        fields.append(contentsOf: ServerSentEvents.unbuffered)
        response.prepare(ResponseHead(.ok, fields: fields), heartbeat: ServerSentEvents.ping)
        let (changes, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let listener = reply.addListener { signal.yield() }
        defer { reply.removeListener(listener) }
        signal.yield()
        var next = (last ?? -1) + 1
        for await _ in changes {
            let (events, isOver) = reply.events(from: next)
            next += events.count
            let pressure = try response.append { bytes in for event in events { bytes += event } }
            if pressure.needsSignal { response.signal() }
            if isOver {
                response.finish()
                return
            }
            if pressure.isHigh { try await response.waitForRoom() }
        }
        throw CancellationError()
    }
}

extension ResponseBuffer {
    fileprivate func sendJSON(_ json: [UInt8]) { send(HTTPResponse(json: json)) }
}

extension HTTPRequest {
    /// A parameter of the query that is `true` or `false`; false without it.
    fileprivate func flag(_ name: String) throws(OpenAIError) -> Bool {
        switch query[name] {
        case nil, "", "false": return false
        case "true": return true
        case let value?: throw Field(name, .string(value)).mustBe("`true` or `false`")
        }
    }

    fileprivate func integer(_ name: String, in range: ClosedRange<Int>) throws(OpenAIError) -> Int? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard let number = Int(text) else { throw Field(name, .string(text)).mustBe("an integer") }
        return try Field(name, .number(JSONNumber(number))).integer(in: range)
    }
}

/// A page of the items of a stored response.
struct StoredItemPage {
    private var items: [[UInt8]] = []
    private var ids: [String] = []
    private var hasMore = false

    /// The items that a request asks for: `limit`, `order`, and `after` or `before` an id.
    init(of all: [[UInt8]], _ http: HTTPRequest) throws(OpenAIError) {
        let limit = try http.integer("limit", in: 1...100) ?? 20
        var items = all
        var ids = all.map { (try? JSONValue(parsing: $0).object?["id"]?.string) ?? "" }
        switch http.query["order"] {
        case "asc": break
        case nil, "", "desc":
            items.reverse()
            ids.reverse()
        case let order?: throw Field("order", .string(order)).mustBe("\"asc\" or \"desc\"")
        }
        let start = try Self.place(of: "after", in: ids, http).map { $0 + 1 } ?? 0
        let end = try Self.place(of: "before", in: ids, http) ?? items.count
        let range = start..<max(start, min(end, start + limit))
        self.items = Array(items[range])
        self.ids = Array(ids[range])
        hasMore = range.upperBound < end
    }

    private static func place(
        of name: String, in ids: [String], _ http: HTTPRequest
    ) throws(OpenAIError) -> Int? {
        guard let id = http.query[name], !id.isEmpty else { return nil }
        guard let place = ids.firstIndex(of: id) else {
            throw .invalidValue(name, "`\(name)` must be the id of an item of this response.")
        }
        return place
    }

    var json: [UInt8] {
        var bytes = Array("{\"object\":\"list\",\"data\":[".utf8)
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += item
        }
        bytes.append("],\"first_id\":")
        bytes.append(jsonString: ids.first ?? "")
        bytes.append(",\"last_id\":")
        bytes.append(jsonString: ids.last ?? "")
        bytes.append(",\"has_more\":")
        bytes.append(hasMore ? "true" : "false")
        bytes.append("}")
        return bytes
    }
}
