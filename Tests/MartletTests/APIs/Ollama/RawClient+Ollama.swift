import Foundation
import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

extension RawClient {
    /// Sends a request of Ollama's API; `more` adds members to a body that names the model.
    func ollama(_ path: String, _ more: String = "", model: String = "scripted") throws -> HTTPResponse {
        try ask(.post, path, body: Self.ollamaBody(more, model: model))
    }

    func sendOllamaChat(_ more: String = "") throws {
        let messages = #""messages":[{"role":"user","content":"Hi"}]"#
        try send(.post, "/api/chat", body: Self.ollamaBody(more.isEmpty ? messages : "\(messages),\(more)"))
    }

    private static func ollamaBody(_ more: String, model: String = "scripted") -> String {
        more.isEmpty ? #"{"model":"\#(model)"}"# : #"{"model":"\#(model)",\#(more)}"#
    }
}

extension HTTPResponse {
    /// The lines of a stream in Ollama's format. Expects each to be an object.
    func lines() throws -> [JSONValue] {
        #expect(self[field: "Content-Type"] == "application/x-ndjson")
        #expect(text.hasSuffix("\n"))
        return try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            let line = try JSONValue(parsing: Array($0.utf8))
            #expect(line.object != nil)
            return line
        }
    }
}
