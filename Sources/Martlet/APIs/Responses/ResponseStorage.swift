internal import MartletJSON
internal import MartletOpenAI

/// What is stored with a response: the conversation that it answers, as items.
struct ResponseStorage: Sendable {
    /// Whether the request wants the response to be stored.
    private(set) var isWanted = true
    /// The items of the conversation before the request.
    private(set) var earlier: [JSONValue] = []
    /// The same as JSON.
    private(set) var earlierJSON: [[UInt8]] = []
    /// The items of the request as JSON, each with an id.
    private(set) var input: [[UInt8]] = []
    /// The stored items that the request refers to, by id.
    private var references: [String: JSONValue] = [:]

    /// - Parameters:
    ///   - id: The unique id of the request.
    ///   - find: The stored response of an id; nil if there is none.
    init(
        of body: JSONObject, id: String, find: (String) -> StoredReply?
    ) throws(OpenAIError) {
        let root = Field(body)
        isWanted = try root.member("store")?.bool() ?? true
        if let field = root.member("previous_response_id") {
            let name = try field.string()
            guard let reply = find(name) else { throw Self.notFound(field, name) }
            if reply.isRunning {
                throw field.invalid("The response that `\(field.path)` names has not ended; wait for its end.")
            }
            earlierJSON = reply.conversation
            earlier = earlierJSON.compactMap { try? JSONValue(parsing: $0) }
        }
        if let text = body["input"]?.string {
            input = [Self.stored(["role": "user", "content": .string(text)], 0, of: id)]
            return
        }
        var ids: Set<String> = [""]
        for (index, item) in (body["input"]?.array ?? []).enumerated() {
            guard var object = item.object else { continue }
            if let name = object["id"]?.string, object["role"]?.string == nil,
                object["type"] == nil || object["type"] == "item_reference" || object["type"] == .null
            {
                guard let known = Self.item(name, find) else { continue }
                references[name] = known
                object = known.object ?? object
            }
            // Clients may send an item twice; pages of items begin behind one.
            if let name = object["id"]?.string, !ids.insert(name).inserted { object["id"] = nil }
            input.append(Self.stored(object, index, of: id))
        }
    }

    /// The memory that the conversation takes in the store, in bytes.
    var size: Int {
        StoredReply(id: "", owner: nil, earlier: earlierJSON, input: input, content: .init(document: [])).size
    }

    /// The stored item of that id.
    func item(_ id: String) -> JSONValue? { references[id] }

    private static func notFound(_ field: Field, _ id: String) -> OpenAIError {
        OpenAIError(
            status: 400,
            message:
                "There is no response with the id \(Field.describe(.string(id))): stored responses are dropped after "
                + "some time. Send the whole conversation as `input` instead.",
            param: field.path, code: "previous_response_not_found")
    }

    // MARK: Items

    /// The length of the unique id of a request.
    private static let idLength = 24

    /// The ids of items contain those of their responses.
    private static func item(_ id: String, _ find: (String) -> StoredReply?) -> JSONValue? {
        let unique = id.drop { $0 != "_" }.dropFirst().prefix(idLength)
        guard let reply = find("resp_\(unique)") else { return nil }
        let items = (reply.input + reply.content.output).lazy.compactMap { try? JSONValue(parsing: $0) }
        return items.first { $0.object?["id"]?.string == id }
    }

    /// An item of a request, with the members that items have when they are listed.
    private static func stored(_ item: JSONObject, _ index: Int, of id: String) -> [UInt8] {
        var item = item
        let type = item["type"]?.string ?? "message"
        item["type"] = .string(type)
        if item["id"]?.string == nil { item["id"] = .string("\(prefix(of: type))\(id)i\(index)") }
        if item["status"]?.string == nil, type != "reasoning" { item["status"] = "completed" }
        if type == "message", let text = item["content"]?.string {
            item["content"] =
                item["role"] == "assistant"
                ? [["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]]
                : [["type": "input_text", "text": .string(text)]]
        }
        return Array(JSONValue.object(item).description.utf8)
    }

    private static func prefix(of type: String) -> String {
        switch type {
        case "message": "msg_"
        case "reasoning": "rs_"
        case "function_call": "fc_"
        case "function_call_output": "fco_"
        case "custom_tool_call": "ctc_"
        case "custom_tool_call_output": "ctco_"
        default: "item_"
        }
    }
}

/// Stores a response when it has ended.
struct ResponseRecorder: Sendable {
    private let store: ReplyStore
    private let storage: ResponseStorage
    private let id: String
    private let owner: String?
    /// That of a response in the background, which is stored before it has ended.
    private let reply: StoredReply?

    init(_ store: ReplyStore, _ storage: ResponseStorage, id: String, owner: String?, reply: StoredReply? = nil) {
        (self.store, self.storage, self.id, self.owner, self.reply) = (store, storage, id, owner, reply)
    }

    var isBackground: Bool { reply != nil }

    /// - Parameters:
    ///   - document: The response.
    ///   - output: The JSON of its items, separated by commas.
    func end(_ document: [UInt8], output: [UInt8]) {
        let items = try? JSONValue(parsing: [UInt8(ascii: "[")] + output + [UInt8(ascii: "]")])
        let content = StoredReply.Content(
            document: document, output: (items?.array ?? []).map { Array($0.description.utf8) })
        if let reply {
            reply.end(with: content)
            store.settle(reply)
        } else {
            store.insert(
                StoredReply(
                    id: id, owner: owner, earlier: storage.earlierJSON, input: storage.input, content: content))
        }
    }
}
