import Martlet
import MartletHTTP
import MartletJSON
import MartletTesting
import Testing

@testable import MartletToy

/// Every kind of bad request, one row each, on a real socket: plain, with the body in pieces cut at every byte, in
/// chunks, and behind `Expect: 100-continue`.
struct ErrorTableTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var what: String
        var method = "POST"
        var path = "/v1/chat/completions"
        var body: String
        var status = 400
        var type = "invalid_request_error"
        var code: String?
        var param: String?
        /// Fields that the response has, each with what it begins with.
        var fields: [String: String] = [:]

        var testDescription: String { what }

        static func chat(_ what: String, _ members: String, code: String? = "invalid_value", _ param: String) -> Row {
            let messages = members.contains("\"messages\"") ? "" : #""messages":[{"role":"user","content":"Hi"}],"#
            return Row(what: what, body: "{\(messages)\(members)}", code: code, param: param)
        }

        static func completion(
            _ what: String, _ members: String, code: String? = "invalid_value", _ param: String
        ) -> Row {
            let prompt = members.contains("\"prompt\"") ? "" : #""prompt":"Hi","#
            return Row(what: what, path: "/v1/completions", body: "{\(prompt)\(members)}", code: code, param: param)
        }

        static func embedding(
            _ what: String, _ members: String, code: String? = "invalid_value", _ param: String
        ) -> Row {
            Row(what: what, path: "/v1/embeddings", body: "{\(members)}", code: code, param: param)
        }
    }

    static let rows: [Row] =
        bodies + parameters + unsupported + [
            .chat(
                "a prompt longer than the context", #""messages":[{"role":"user","content":"\#(long)"}]"#,
                code: "context_length_exceeded", "messages"),
            .completion(
                "a text longer than the context", #""prompt":"\#(long)""#, code: "context_length_exceeded", "prompt"),
            .embedding(
                "an input longer than the context", #""input":"\#(long)""#, code: "context_length_exceeded", "input"),
            Row(
                what: "an unknown model", body: #"{"model":"gpt-4","messages":[{"role":"user","content":"Hi"}]}"#,
                status: 404, code: "model_not_found", param: "model"),
            Row(
                what: "an empty model name", path: "/v1/completions", body: #"{"model":"","prompt":"Hi"}"#,
                status: 404, code: "model_not_found", param: "model"),
            Row(what: "an unknown path", path: "/v1/nowhere", body: "{}", status: 404),
            Row(
                what: "a wrong method", method: "DELETE", path: "/v1/models", body: "{}", status: 405,
                fields: ["Allow": "GET, HEAD, OPTIONS"]),
            Row(
                what: "an endpoint that Martlet lacks", path: "/v1/batches", body: "{}", status: 501,
                type: "not_implemented", code: "not_implemented", fields: ["x-should-retry": "false"]),
        ]

    private static let long = String(repeating: "7 ", count: 300)

    private static let bodies: [Row] = [
        Row(what: "malformed JSON", body: #"{"messages":"#),
        Row(what: "an empty body", body: ""),
        Row(what: "a body that is no object", body: "[1]"),
        Row(what: "a byte order mark", body: "\u{FEFF}{}"),
        Row(what: "bytes after the value", body: "{} {}"),
        Row(what: "half a surrogate pair", body: #"{"messages":[{"role":"user","content":"\ud83d"}]}"#),
        .chat("no messages", #""messages":null"#, code: "missing_required_parameter", "messages"),
        .chat("an empty list of messages", #""messages":[]"#, "messages"),
        .completion("no prompt", #""prompt":null"#, code: "missing_required_parameter", "prompt"),
        .completion("an empty prompt", #""prompt":"""#, "prompt"),
        .completion("an empty list of prompts", #""prompt":[]"#, "prompt"),
        .embedding("no input", "", code: "missing_required_parameter", "input"),
        .embedding("an empty input", #""input":"""#, "input"),
        .embedding("an unknown encoding", #""input":"Hi","encoding_format":"hex""#, "encoding_format"),
    ]

    private static let parameters: [Row] = [
        .chat("a temperature of 3", #""temperature":3"#, "temperature"),
        .chat("21 alternatives", #""logprobs":true,"top_logprobs":21"#, "top_logprobs"),
        .chat("alternatives without log-probabilities", #""top_logprobs":2"#, "top_logprobs"),
        .chat("no choice", #""n":0"#, "n"),
        .chat("an empty stop string", #""stop":"""#, "stop"),
        .chat("five stop strings", #""stop":["a","b","c","d","e"]"#, "stop"),
        .chat("a tool choice without tools", #""tool_choice":"auto""#, "tool_choice"),
        .chat(
            "a tool that is not there",
            #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"g"}}"#,
            code: "invalid_value", "tool_choice"),
        .chat("a stream that is a word", #""stream":"true""#, "stream"),
        .chat("a user's message to go on with", #""continue_final_message":true"#, "continue_final_message"),
        .chat("a bias for a token there is not", #""logit_bias":{"5000":1}"#, "logit_bias"),
        .chat("a stop token there is not", #""stop_token_ids":[5000]"#, "stop_token_ids"),
        .completion("a token beyond the vocabulary", #""prompt":[5000]"#, "prompt"),
        .completion("a negative token", #""prompt":[-1]"#, "prompt[0]"),
        .completion("a mixed prompt", #""prompt":["a",1]"#, "prompt[1]"),
        .completion("more minimum than maximum", #""min_tokens":5,"max_tokens":2"#, "min_tokens"),
        .embedding("a token of another tokenizer", #""input":[[1,5000]]"#, "input"),
    ]

    private static let unsupported: [Row] = [
        .chat(
            "an image",
            #""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}}]}]"#,
            code: "unsupported_parameter", "messages[0].content[0].type"),
        .chat("functions of old", #""functions":[{"name":"f"}]"#, code: "unsupported_parameter", "functions"),
        .completion("a suffix", #""suffix":"x""#, code: "unsupported_parameter", "suffix"),
        .completion("the best of fewer", #""best_of":2,"n":3"#, code: "invalid_value", "best_of"),
        .completion("the best as they come", #""best_of":3,"stream":true"#, code: "invalid_value", "best_of"),
        .embedding("shorter vectors", #""input":"Hi","dimensions":8"#, code: "unsupported_parameter", "dimensions"),
    ]

    @Test(arguments: rows) func `every bad request gets its error, however it is sent`(row: Row) async throws {
        try await withShortToy { client in
            try await expect(row, in: client, sending: [head(row, "Content-Length: \(row.body.utf8.count)") + row.body])
            let bytes = Array(row.body.utf8)
            for cut in stride(from: 1, to: bytes.count, by: max(1, bytes.count / 100)) {
                let start = Array(head(row, "Content-Length: \(bytes.count)").utf8) + bytes[..<cut]
                try await client.send(start)
                try await client.send(Array(bytes[cut...]))
                try await expect(row, in: client)
            }
            var chunked = head(row, "Transfer-Encoding: chunked")
            for character in row.body.unicodeScalars {
                let piece = String(character)
                chunked += "\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n"
            }
            try await expect(row, in: client, sending: [chunked + "0\r\n\r\n"])
        }
        try await withShortToy { client in
            try await client.send(head(row, "Expect: 100-continue\r\nContent-Length: \(row.body.utf8.count)"))
            // Refusals by the head alone, and empty bodies, need no 100 (Continue).
            if row.status < 404 && !row.body.isEmpty || row.code == "model_not_found" {
                #expect(try await client.receiveResponse().code == 100)
            }
            if !row.body.isEmpty, row.status < 404 || row.code == "model_not_found" { try await client.send(row.body) }
            try await expect(row, in: client)
        }
    }

    private func head(_ row: Row, _ framing: String) -> String {
        "\(row.method) \(row.path) HTTP/1.1\r\nHost: localhost\r\n\(framing)\r\n\r\n"
    }

    private func expect(_ row: Row, in client: RawClient, sending pieces: [String] = []) async throws {
        for piece in pieces { try await client.send(piece) }
        let response = try await client.receiveResponse()
        #expect(response.code == row.status)
        #expect(response[field: "Content-Type"] == "application/json")
        #expect(response[field: "x-request-id"]?.isEmpty == false)
        for (name, start) in row.fields { #expect(response[field: name]?.hasPrefix(start) == true) }
        let error = try response.json().object?["error"]?.object
        #expect(error?.map(\.key) == ["message", "type", "param", "code"])
        #expect(error?["type"] == .string(row.type))
        #expect(error?["code"] == row.code.map(JSONValue.string) ?? .null)
        #expect(error?["param"] == row.param.map(JSONValue.string) ?? .null)
        #expect((error?["message"]?.string?.count ?? 0) > 10)
    }
}
