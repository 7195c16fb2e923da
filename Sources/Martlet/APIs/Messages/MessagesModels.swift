internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `GET /v1/models` and `GET /v1/models/{id}` for clients of Anthropic's API.
extension Service {
    func listMessagesModels(_ head: RequestHead, _ principal: Principal?) throws(OpenAIError) -> HTTPResponse {
        let names = registry.models(for: principal).names
        let page = try MessagesModelPage(HTTPQuery(head.query), of: names.map(\.name))
        var writer = JSONWriter()
        writer.object { writer in
            writer.array("data") { writer in
                for (name, model) in names[page.range] { write(model, as: name, to: &writer) }
            }
            writer.member("has_more", page.hasMore)
            writer.member("first_id", names[page.range].first?.name)
            writer.member("last_id", names[page.range].last?.name)
        }
        return HTTPResponse(json: writer.bytes)
    }

    /// Every name that requests may use is accepted, as in OpenAI's API.
    func retrieveMessagesModel(_ head: RequestHead, _ principal: Principal?) throws(OpenAIError) -> HTTPResponse {
        let (id, model) = try model(at: head, principal)
        var writer = JSONWriter()
        write(model, as: id, to: &writer)
        return HTTPResponse(json: writer.bytes)
    }

    private func write(_ model: ServedModel, as id: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "model")
            writer.member("id", id)
            writer.member("display_name", id)
            writer.member(
                "created_at", RFC3339Date(microsecondsSince1970: model.created * 1_000_000).description)
            // Newer SDKs require it; models here have no other stage.
            writer.member("lifecycle", "active")
            writer.member("max_input_tokens", model.contextLength)
            writer.member("max_tokens", model.contextLength)
        }
    }
}

/// A page of a list, by Anthropic's `limit`, `before_id` and `after_id`.
struct MessagesModelPage {
    let range: Range<Int>
    /// Whether there are more beyond the page, in the direction of the query.
    let hasMore: Bool

    init(_ query: HTTPQuery, of names: [String]) throws(OpenAIError) {
        let limit = try Self.limit(query["limit"])
        if let id = query["before_id"] {
            if query["after_id"] != nil {
                throw .invalidValue("before_id", "`before_id` and `after_id` exclude each other; send one of them.")
            }
            let end = try Self.place(of: id, as: "before_id", in: names)
            range = max(0, end - limit)..<end
            hasMore = range.lowerBound > 0
        } else {
            let start = try query["after_id"].map { id throws(OpenAIError) in
                try Self.place(of: id, as: "after_id", in: names) + 1
            }
            range = (start ?? 0)..<min(names.count, (start ?? 0) + limit)
            hasMore = range.upperBound < names.count
        }
    }

    private static func limit(_ text: String?) throws(OpenAIError) -> Int {
        guard let text else { return 20 }
        guard let limit = Int(text), 1...1000 ~= limit else {
            throw .invalidValue("limit", "`limit` must be an integer from 1 to 1000, but it is \(quoted(text)).")
        }
        return limit
    }

    private static func place(of id: String, as name: String, in names: [String]) throws(OpenAIError) -> Int {
        if let place = names.firstIndex(of: id) { return place }
        throw .invalidValue(name, "`\(name)` is \(quoted(id)), which is not the id of a listed model.")
    }

    private static func quoted(_ text: String) -> String { Field.describe(.string(text)) }
}
