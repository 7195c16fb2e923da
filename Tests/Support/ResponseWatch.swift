import Foundation
import Martlet
import MartletJSON
import MartletTesting
import Synchronization
import Testing

/// Validates every response of OpenAI's and Anthropic's endpoints that a client of the test suite reads against their own
/// schemas, and prints their number at the end of the suite.
enum ResponseWatch {
    private static let openAI = document("openai/openapi.json").map { JSONSchema(document: $0) }
    private static let anthropic = document("anthropic/messages.json").map { JSONSchema(document: $0) }
    /// Nil if the schema cannot be read.
    private static let responses = document("openai/responses.json").map(ResponseEventSchemas.init)

    private static func document(_ name: String) -> JSONValue? {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/\(name)")
            .standardized
        return (try? Data(contentsOf: file)).flatMap { try? JSONValue(parsing: [UInt8]($0)) }
    }

    private static let valid = Atomic(0)
    private static let invalid = Atomic(0)

    static func install() {
        RawClient.observer.withLock { $0 = { inspect($0) } }
        atexit {
            let (valid, invalid) = (
                ResponseWatch.valid.load(ordering: .relaxed), ResponseWatch.invalid.load(ordering: .relaxed)
            )
            // The process is also run to list the tests.
            if valid + invalid > 0 { print("OpenAPI: \(valid) bodies valid, \(invalid) not") }
        }
    }

    // MARK: Schemas

    /// The schemas of a reply that is not streamed, empty if the document has none, and of a chunk.
    private static func schemas(of target: String) -> (whole: String, chunk: String?)? {
        var path = "/" + target.prefix { $0 != "?" }.split(separator: "/").joined(separator: "/")
        if !path.hasPrefix("/v1/") { path = "/v1" + path }
        switch path {
        case "/v1/models": return ("ListModelsResponse", nil)
        case "/v1/chat/completions":
            return ("CreateChatCompletionResponse", "CreateChatCompletionStreamResponse")
        case "/v1/completions": return ("CreateCompletionResponse", "CreateCompletionResponse")
        case "/v1/embeddings": return ("CreateEmbeddingResponse", nil)
        case "/v1/responses/input_tokens": return ("", nil)
        case _ where path.hasPrefix("/v1/responses"):
            return (path.hasSuffix("/input_items") ? "ResponseItemList" : "Response", "ResponseStreamEvent")
        default: return path.hasPrefix("/v1/models/") ? ("Model", nil) : nil
        }
    }

    private static func inspect(_ response: ObservedResponse) {
        // Only responses of Anthropic's API have it.
        if response.head.fields["request-id"] != nil { return inspectAnthropic(response) }
        guard let target = response.target, let schemas = schemas(of: target), response.method != "HEAD" else { return }
        let status = response.head.status.code
        if status == 204 || status == 405 && response.body.isEmpty { return }
        if schemas.chunk == "ResponseStreamEvent", status < 400 {
            if response.method != "DELETE" { inspectResponse(response, as: schemas.whole) }
        } else if response.head.fields["Content-Type"]?.hasPrefix("text/event-stream") == true {
            inspectStream(response, schemas.chunk ?? schemas.whole)
        } else if status >= 400 || !schemas.whole.isEmpty {
            check(response.body, status >= 400 ? "ErrorResponse" : schemas.whole, response)
        }
    }

    /// Comments may appear anywhere; `[DONE]` is the last event, even after an error.
    private static func inspectStream(_ response: ObservedResponse, _ schema: String) {
        let text = String(decoding: response.body, as: UTF8.self)
        var events = text.components(separatedBy: "\n\n").filter { !$0.isEmpty && !$0.hasPrefix(":") }
        if events.popLast() != "data: [DONE]" { record("the stream does not end with [DONE]", response) }
        for event in events {
            guard event.hasPrefix("data: "), !event.contains("\n") else {
                record("not an event of one line: \(event.prefix(80))", response)
                continue
            }
            let data = Array(event.dropFirst(6).utf8)
            check(data, event.hasPrefix("data: {\"error\"") ? "ErrorResponse" : schema, response)
        }
    }

    // MARK: Responses

    /// A response of the Responses API, whole or as events, or a list of items.
    private static func inspectResponse(_ response: ObservedResponse, as name: String) {
        let isStream = response.head.fields["Content-Type"]?.hasPrefix("text/event-stream") == true
        let text = String(decoding: response.body, as: UTF8.self)
        let last = response.target?.split(separator: "starting_after=").dropFirst().first?.prefix { $0 != "&" }
        let first = last.flatMap { Int($0) }.map { $0 + 1 } ?? 0
        let faults = responses.map {
            isStream ? $0.faults(ofStream: text, first: first) : $0.faults(of: response.body, as: name)
        }
        if let fault = (faults ?? ["the schema cannot be read"]).first { return record(fault, response) }
        valid.add(isStream ? text.components(separatedBy: "data: ").count - 1 : 1, ordering: .relaxed)
    }

    // MARK: Anthropic

    /// The schema of a body with the status 200.
    private static func anthropicSchema(of target: String) -> String {
        let path = target.prefix { $0 != "?" }
        if path.hasSuffix("/count_tokens") { return "TokenCount" }
        if path.hasSuffix("/models") { return "ModelList" }
        return path.contains("/models/") ? "Model" : "Message"
    }

    private static func inspectAnthropic(_ response: ObservedResponse) {
        guard let target = response.target, response.method != "HEAD", !response.body.isEmpty else { return }
        if response.head.fields["Content-Type"]?.hasPrefix("text/event-stream") == true {
            return inspectAnthropicStream(response)
        }
        let name = response.head.status.code >= 400 ? "Error" : anthropicSchema(of: target)
        check(response.body, name, of: anthropic, response)
    }

    /// Every event has its type as its name; the last one is `message_stop` or `error`.
    private static func inspectAnthropicStream(_ response: ObservedResponse) {
        let text = String(decoding: response.body, as: UTF8.self)
        var last = ""
        for event in text.components(separatedBy: "\n\n") where !event.isEmpty {
            let lines = event.components(separatedBy: "\n")
            guard lines.count == 2, lines[0].hasPrefix("event: "), lines[1].hasPrefix("data: ") else {
                record("not an event with a name: \(event.prefix(80))", response)
                continue
            }
            last = String(lines[0].dropFirst(7))
            let data = Array(lines[1].dropFirst(6).utf8)
            if (try? JSONValue(parsing: data))?["type"] != .string(last) { record("\(last) is not its type", response) }
            check(data, last == "error" ? "Error" : last == "ping" ? "Ping" : "Event", of: anthropic, response)
        }
        if !["message_stop", "error"].contains(last) { record("the stream ends with \(last)", response) }
    }

    private static func check(
        _ body: [UInt8], _ name: String, of schema: JSONSchema? = openAI, _ response: ObservedResponse
    ) {
        guard let value = try? JSONValue(parsing: body) else { return record("not JSON: \(name)", response) }
        let faults = schema?.faults(of: value, as: name) ?? ["the schema cannot be read"]
        if faults.isEmpty {
            valid.add(1, ordering: .relaxed)
        } else {
            record("\(faults.prefix(3)) in \(value.description.prefix(300))", response)
        }
    }

    private static func record(_ fault: String, _ response: ObservedResponse) {
        invalid.add(1, ordering: .relaxed)
        Issue.record("\(response.method ?? "") \(response.target ?? "") \(response.head.status.code): \(fault)")
    }
}

/// Called before the first test.
@_cdecl("martlet_watch_responses")
public func watchResponses() { ResponseWatch.install() }
