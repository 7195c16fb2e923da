import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

extension RawClient {
    private static let hi = #"[{"role":"user","content":"Hi"}]"#

    /// Sends a request of Anthropic's API; `more` adds members to a body that names the model.
    func messages(_ more: String = "", messages: String = hi) throws -> HTTPResponse {
        try ask(.post, "/v1/messages", body: Self.messagesBody(more, messages))
    }

    func sendMessages(_ more: String = "") throws {
        try send(.post, "/v1/messages", body: Self.messagesBody(more, Self.hi))
    }

    private static func messagesBody(_ more: String, _ messages: String) -> String {
        #"{"model":"scripted","max_tokens":100,"messages":\#(messages)\#(more.isEmpty ? "" : ",\(more)")}"#
    }
}

extension HTTPResponse {
    /// The events of a stream of Anthropic's API but `ping`. `ResponseWatch` compares their names with their types.
    func messagesEvents() throws -> [JSONValue] {
        #expect(self[field: "Content-Type"]?.hasPrefix("text/event-stream") == true)
        return try events.compactMap { event in
            let data = try #require(event.split(separator: "\n").last { $0.hasPrefix("data: ") })
            let value = try JSONValue(parsing: Array(data.dropFirst(6).utf8))
            return value["type"] == "ping" ? nil : value
        }
    }

    /// Expects Anthropic's envelope with the request's id, and returns the message.
    @discardableResult
    func expectMessagesError(
        _ status: Int, _ type: String, hasID: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        #expect(code == status, "\(text)", sourceLocation: sourceLocation)
        let json = try json()
        #expect(json["type"] == "error", sourceLocation: sourceLocation)
        #expect(json["error"]?["type"] == .string(type), sourceLocation: sourceLocation)
        let id = self[field: "request-id"]
        #expect(id != nil && id == self[field: "x-request-id"], sourceLocation: sourceLocation)
        if hasID { #expect(json["request_id"] == id.map(JSONValue.string), sourceLocation: sourceLocation) }
        return try #require(json["error"]?["message"]?.string, sourceLocation: sourceLocation)
    }
}

/// A message as an SDK assembles it from the events of a stream.
struct AssembledMessage: Equatable {
    var blocks: [JSONObject] = []
    var end: JSONObject = [:]
    var usage: JSONValue?

    /// Expects the events to be in order.
    init(_ events: [JSONValue]) throws {
        var open: Int?
        var arguments = ""
        #expect(events.first?["type"] == "message_start")
        #expect(events.first?["message"]?["content"] == [])
        #expect(events.last?["type"] == "message_stop")
        for event in events.dropFirst().dropLast() {
            #expect(end.isEmpty, "message_delta is the last event but one")
            switch event["type"]?.string {
            case "content_block_start":
                #expect(open == nil)
                open = event["index"]?.number?.int
                #expect(open == blocks.count)
                blocks.append(try #require(event["content_block"]?.object))
                arguments = ""
            case "content_block_delta":
                #expect(event["index"]?.number?.int == open)
                let delta = try #require(event["delta"])
                for name in ["text", "thinking", "signature"] {
                    guard let more = delta[name]?.string else { continue }
                    let before = try #require(blocks[blocks.count - 1][name]?.string)
                    blocks[blocks.count - 1][name] = .string(before + more)
                }
                arguments += delta["partial_json"]?.string ?? ""
            case "content_block_stop":
                #expect(event["index"]?.number?.int == open)
                open = nil
                if blocks.last?["type"] == "tool_use" {
                    var partial = PartialJSON()
                    blocks[blocks.count - 1]["input"] = .object(partial.feed(arguments.utf8)?.object ?? [:])
                }
            default:
                #expect(event["type"] == "message_delta")
                #expect(open == nil)
                end = try #require(event["delta"]?.object)
                usage = event["usage"]
            }
        }
    }

    init(whole reply: JSONValue) throws {
        blocks = try #require(reply["content"]?.array).map { try #require($0.object) }
        for name in ["stop_reason", "stop_sequence"] { end[name] = reply[name] }
        usage = reply["usage"]
    }
}
