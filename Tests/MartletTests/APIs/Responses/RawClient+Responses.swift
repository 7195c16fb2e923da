import Foundation
import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

extension RawClient {
    /// Asks for a response; `more` adds members to a body with the model and an input, such as `"stream":true`.
    func respond(_ more: String = "", input: String = #""Hi""#) throws -> HTTPResponse {
        try ask(.post, "/v1/responses", body: Self.responseBody(more, input: input))
    }

    func sendResponse(_ more: String = "") throws {
        try send(.post, "/v1/responses", body: Self.responseBody(more, input: #""Hi""#))
    }

    private static func responseBody(_ more: String, input: String) -> String {
        let members = #""model":"scripted","input":\#(input)"#
        return more.isEmpty ? "{\(members)}" : "{\(members),\(more)}"
    }
}

/// The events of a streamed response, and what they build up.
struct ResponseStream {
    let events: [JSONValue]

    init(_ response: HTTPResponse) throws {
        #expect(response[field: "Content-Type"] == "text/event-stream; charset=utf-8")
        try self.init(text: response.text)
    }

    init(text: String) throws {
        events = try text.components(separatedBy: "\n\n").filter { !$0.isEmpty && !$0.hasPrefix(":") }.map { frame in
            let data = try #require(frame.components(separatedBy: "\n").last)
            return try JSONValue(parsing: Array(data.dropFirst("data: ".count).utf8))
        }
    }

    var types: [String] { events.compactMap { $0["type"]?.string } }

    /// The types without their common prefix.
    var shortTypes: [String] { types.map { String($0.trimmingPrefix("response.")) } }

    /// The response of the last event.
    var last: JSONValue? { events.last?["response"] }

    /// The pieces of the item at an index, joined.
    func text(ofItemAt index: Int) -> String {
        events.filter { $0["output_index"]?.number?.int == index }.compactMap { $0["delta"]?.string }.joined()
    }
}

extension JSONValue {
    /// The response without the members that differ between two requests.
    var comparable: JSONValue {
        guard case .object(var response) = self else { return self }
        for name in ["id", "created_at", "completed_at"] { response[name] = nil }
        response["output"] = .array(
            (response["output"]?.array ?? []).map { item in
                guard case .object(var item) = item else { return item }
                item["id"] = nil
                if item["call_id"]?.string?.hasPrefix("call_") == true, item["call_id"] != "call_a" {
                    item["call_id"] = nil
                }
                return .object(item)
            })
        return .object(response)
    }
}
