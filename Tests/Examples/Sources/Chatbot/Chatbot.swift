import Foundation
import Martlet
import MartletClient

/// A chatbot in one process: pages and routes from Martlet, replies from any OpenAI-compatible server, history in
/// SQLite.
public struct Chatbot: Sendable {
    private let settings: ChatbotSettings
    private let history: History

    /// Opens the database.
    public init(_ settings: ChatbotSettings) throws {
        self.settings = settings
        history = try History(settings.database)
    }

    /// Adds the chatbot's routes to a server.
    public func addRoutes(to server: inout Server) throws {
        try server.route(.get, "/chat") { _, writer in
            writer.send(
                HTTPResponse(fields: ["Content-Type": "text/html; charset=utf-8"], body: Array(ChatPage.html.utf8)))
        }
        try server.route(.get, "/api/messages") { _, writer in
            let messages = try await history.messages().map { JSONValue.object($0.json) }
            writer.send(HTTPResponse(json: Array(JSONValue.array(messages).description.utf8)))
        }
        try server.route(.delete, "/api/messages") { _, writer in
            try await history.clear()
            writer.send(HTTPResponse(.noContent))
        }
        try server.route(.post, "/api/send") { request, writer in await send(request, writer) }
        try server.route(.post, "/api/stream") { request, writer in try await stream(request, writer) }
        try server.route(.post, "/api/v1/chat/completions") { request, writer in await pass(request, writer) }
        try server.route(.post, "/api/compare") { request, writer in await compare(request, writer) }
    }

    /// The question is stored before it is sent, the reply only if there is one.
    private func send(_ request: HTTPRequest, _ writer: consuming ResponseWriter) async {
        do {
            try await history.append(.user, request.text)
            let reply = try await settings.client.chat(history.messages())
            if !reply.content.isEmpty { try await history.append(.assistant, reply.content) }
            writer.send(HTTPResponse(text: reply.content))
        } catch {
            writer.send(HTTPResponse(.serviceUnavailable, text: "The model did not answer: \(error)"))
        }
    }

    private func stream(_ request: HTTPRequest, _ writer: consuming ResponseWriter) async throws {
        try await history.append(.user, request.text)
        let messages = try await history.messages()
        let body = writer.stream(
            ResponseHead(fields: ["Content-Type": "text/event-stream", "Cache-Control": "no-cache"]))
        let relayed = await settings.client.relay(.init(messages: messages), to: body)
        if !relayed.content.isEmpty { try await history.append(.assistant, relayed.content) }
    }

    /// Passes a request of OpenAI's API on with the chatbot's own key, and stores nothing.
    private func pass(_ request: HTTPRequest, _ writer: consuming ResponseWriter) async {
        guard let body = (try? JSONValue(parsing: request.body))?.object else {
            return writer.send(HTTPResponse(.badRequest, text: "The body is not a JSON object."))
        }
        var upstream = Client.ChatRequest(json: body)
        if upstream.stream {
            upstream.options.extra["stream_options"] = nil
            let body = writer.stream(ResponseHead(fields: ["Content-Type": "text/event-stream"]))
            _ = await settings.client.relay(upstream, to: body, frames: .openAI)
            return
        }
        do {
            writer.send(HTTPResponse(json: try await settings.client.chat(upstream).response.body))
        } catch {
            writer.send(HTTPResponse(HTTPStatus(error.status ?? 503), json: error.body))
        }
    }

    private func compare(_ request: HTTPRequest, _ writer: consuming ResponseWriter) async {
        let start = ContinuousClock.now
        let all = await Client.compare(.init(messages: [.user(request.text)]), with: settings.compared)
        let results = all.map { one -> JSONValue in
            let content: String
            switch one.result {
            case .success(let reply): content = reply.content
            case .failure(let error): content = "\(error)"
            }
            return [
                "backend": .string(one.client.baseURL.description), "model": .string(one.client.model ?? ""),
                "took_s": .seconds(one.duration), "content": .string(content),
            ]
        }
        let summary: JSONValue = ["total_s": .seconds(.now - start), "results": .array(results)]
        writer.send(HTTPResponse(json: Array(summary.description.utf8)))
    }
}

/// Martlet serves the routes; it has no model of its own here.
public struct NoModels: Backend {
    public init() {}
    public func listModels() -> [Model] { [] }
}

extension HTTPRequest {
    fileprivate var text: String { String(decoding: body, as: UTF8.self) }
}

extension JSONValue {
    fileprivate static func seconds(_ duration: Duration) -> JSONValue {
        let milliseconds = (duration / .milliseconds(1)).rounded()
        return JSONNumber(milliseconds / 1000).map { .number($0) } ?? .null
    }
}
