import Martlet
import MartletClient

/// A route that sends the request to another server and relays the reply while it arrives. A browser reads it with
/// `EventSource`.
public func addRelay(to server: inout Server, asking llm: LLM) throws {
    try server.route(.post, "/relay") { request, writer in
        let body = writer.stream(
            ResponseHead(fields: ["Content-Type": "text/event-stream", "Cache-Control": "no-cache"]))
        _ = await llm.chatStream([LLM.Message("user", String(decoding: request.body, as: UTF8.self))], to: body)
    }
}
