import Martlet
import MartletClient

/// A route that sends the reply as plain text, or 503 if the other server fails.
public func addPlainText(to server: inout Server, asking llm: LLM) throws {
    try server.route(.post, "/text") { request, writer in
        let reply = await llm.chat(String(decoding: request.body, as: UTF8.self))
        if reply.stopReason == "error" {
            writer.send(HTTPResponse(.serviceUnavailable, text: "upstream LLM unreachable"))
        } else {
            writer.send(HTTPResponse(text: reply.content))
        }
    }
}
