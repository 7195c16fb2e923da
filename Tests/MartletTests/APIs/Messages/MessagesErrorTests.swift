import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Every fault of a request is a status, a type, and a sentence that names the value and says what to send.
@Suite(.serialized)
struct MessagesErrorTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let body: String
        let status: Int
        let words: String
        var testDescription: String { String(body.prefix(120)) }

        init(_ body: String, _ words: String, status: Int = 400) {
            (self.body, self.words, self.status) = (body, words, status)
        }

        /// A request that is complete but for `more`.
        static func with(_ more: String, _ words: String) -> Row {
            Row(#"{"max_tokens":2000,"messages":[{"role":"user","content":"Hi"}],\#(more)}"#, words)
        }

        /// A request with these messages.
        static func messages(_ messages: String, _ words: String) -> Row {
            Row(#"{"max_tokens":2000,"messages":\#(messages)}"#, words)
        }

        /// A request with a user's message of these blocks.
        static func blocks(_ blocks: String, _ words: String) -> Row {
            .messages(#"[{"role":"user","content":[\#(blocks)]}]"#, words)
        }
    }

    private static let hi = #""messages":[{"role":"user","content":"Hi"}]"#
    private static let tool = #"{"name":"f","input_schema":{"type":"object"}}"#

    private static let bodies = [
        Row("", "empty"), Row("[]", "must be a JSON object"), Row("{", "not valid JSON"),
        Row(#"{"model":"nope","max_tokens":1,\#(hi)}"#, "`nope` does not exist", status: 404),
        Row(#"{"model":5,"max_tokens":1,\#(hi)}"#, "`model` must be a string"),
        Row("{\(hi)}", "`max_tokens` is required"),
        Row(#"{"max_tokens":1}"#, "`messages` is required"),
        Row(#"{"max_tokens":0,\#(hi)}"#, "`max_tokens` must be an integer of at least 1"),
        Row(#"{"max_tokens":"9",\#(hi)}"#, "`max_tokens` must be"),
    ]

    private static let conversations: [Row] = [
        .messages("[]", "`messages` must be an array of at least one message"),
        .messages(#""Hi""#, "`messages` must be an array"), .messages("[5]", "`messages[0]` must be an object"),
        .messages(#"[{"content":"a"}]"#, "`messages[0].role` is required"),
        .messages(#"[{"role":"tool","content":"a"}]"#, "`messages[0].role` must be"),
        .messages(#"[{"role":"user"}]"#, "`messages[0].content` is required"),
        .messages(#"[{"role":"user","content":5}]"#, "`messages[0].content` must be a string or an array"),
        .messages(#"[{"role":"user","content":[]}]"#, "`messages[0].content` must be a string or at least one"),
        .messages(#"[{"role":"assistant","content":""}]"#, "`messages[0].content` must be the content of a user"),
        .messages(
            #"[{"role":"user","content":"a"},{"role":"assistant","content":"b "}]"#,
            "`messages[1].content` ends with white space"),
        .messages(
            #"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x"}]}]"#,
            #"`messages[0].content[0].tool_use_id` is "x", but the message before has no `tool_use`"#),
        .messages(
            #"[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"f","#
                + #""input":{}}]},{"role":"user","content":"b"}]"#,
            #"`messages[1].content[0].id` is "x", but the next message has no `tool_result`"#),
        .messages(
            #"[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"f","#
                + #""input":{}}]}]"#, "`messages[1].content[0].id`"),
        .messages(
            #"[{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"f","input":{}},"#
                + #"{"type":"tool_use","id":"x","name":"f","input":{}}]},{"role":"user","content":"b"}]"#,
            "`messages[0].content[1].id` is the id of an earlier call"),
        .messages(
            #"[{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"f","input":"{}"}]}]"#,
            "`messages[0].content[0].input` must be an object"),
        .messages(
            #"[{"role":"assistant","content":[{"type":"image"}]}]"#, "`messages[0].content[0].type` must be"),
        .with(#""system":5"#, "`system` must be"),
        .with(#""system":[{"type":"image"}]"#, #"`system[0].type` must be "text""#),
    ]

    private static let contents: [Row] = [
        .blocks(#"{"text":"a"}"#, "`messages[0].content[0].type` is required"),
        .blocks(#"{"type":"text"}"#, "`messages[0].content[0].text` is required"),
        .blocks(#"{"type":"tool_use"}"#, "`messages[0].content[0].type` must be"),
        .blocks(#"{"type":"image","source":{}}"#, "does not take images"),
        .blocks(#"{"type":"document","source":{"type":"url","url":"x"}}"#, "send the document's text"),
        .blocks(
            #"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"x"}}"#,
            "does not take PDF documents"),
        .blocks(#"{"type":"document","source":{"type":"x"}}"#, "`messages[0].content[0].source.type` must be"),
        .blocks(#"{"type":"document"}"#, "`messages[0].content[0].source` is required"),
        .blocks(
            #"{"type":"tool_result","tool_use_id":"x","content":[{"type":"video"}]}"#,
            "`messages[0].content[0].content[0].type` must be"),
        .blocks(#"{"type":"tool_result","tool_use_id":"x","is_error":1}"#, "`messages[0].content[0].is_error` must be"),
    ]

    private static let parameters: [Row] = [
        .with(#""stream":"yes""#, "`stream` must be"), .with(#""temperature":1.5"#, "`temperature` must be"),
        .with(#""top_p":-1"#, "`top_p` must be"), .with(#""top_k":-1"#, "`top_k` must be"),
        .with(#""seed":0.5"#, "`seed` must be"), .with(#""stop_sequences":"a""#, "`stop_sequences` must be an array"),
        .with(#""stop_sequences":[""]"#, "`stop_sequences[0]` must be a string of at least one"),
        .with(
            #""stop_sequences":[\#((0..<65).map { "\"\($0)\"" }.joined(separator: ","))]"#,
            "`stop_sequences` must have at most 64 strings"),
        .with(#""tools":5"#, "`tools` must be an array"),
        .with(#""tools":[{"name":"f"}]"#, "`tools[0].input_schema` is required"),
        .with(#""tools":[{"name":"a b","input_schema":{}}]"#, "`tools[0].name` must be a name of 1 to 128"),
        .with(#""tools":[{"name":"f","input_schema":{"type":"string"}}]"#, "`tools[0].input_schema.type` must be"),
        .with(#""tools":[\#(tool),\#(tool)]"#, "`tools[1].name` is the name of an earlier tool"),
        .with(#""tools":[{"type":"function","function":{"name":"f"}}]"#, "the type of another API's tools"),
        .with(#""tools":[\#(tool)]"#, "`tools` is not supported by this model"),
        .with(#""tool_choice":"any""#, "`tool_choice` must be an object"),
        .with(#""tool_choice":{"type":"some"}"#, "`tool_choice.type` must be"),
        .with(#""tool_choice":{"type":"any"}"#, "`tool_choice` requires a call"),
        .with(#""tools":[\#(tool)],"tool_choice":{"type":"tool","name":"g"}"#, "`tool_choice.name` is not the name"),
        .with(#""thinking":{}"#, "`thinking.type` is required"),
        .with(#""thinking":{"type":"some"}"#, "`thinking.type` must be"),
        .with(#""thinking":{"type":"enabled"}"#, "`thinking.budget_tokens` is required"),
        .with(#""thinking":{"type":"enabled","budget_tokens":1023}"#, "`thinking.budget_tokens` must be"),
        .with(#""thinking":{"type":"enabled","budget_tokens":2000}"#, "must be less than `max_tokens`"),
        .with(#""output_config":{"effort":5}"#, "`output_config.effort` must be"),
        .with(#""output_config":{"format":{"type":"text"}}"#, "`output_config.format.type` must be"),
        .with(#""output_config":{"format":{"type":"json_schema"}}"#, "`output_config.format.schema` is required"),
        .with(
            #""output_config":{"format":{"type":"json_schema","schema":{}}}"#,
            "`output_config.format` is not supported by this model"),
        .with(#""output_format":{"type":"json_schema","schema":{}}"#, "`output_format` is not supported by this model"),
        .with(#""metadata":{"user_id":5}"#, "`metadata.user_id` must be"),
        .with(#""container":"c1""#, "`container` is not supported"),
        .with(#""mcp_servers":[{"url":"x"}]"#, "`mcp_servers` is not supported"),
    ]

    @Test(arguments: bodies + conversations + contents + parameters)
    func `invalid input gets a type and a sentence that says how to change it`(row: Row) async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            for path in ["/v1/messages", "/v1/messages?beta=true"] {
                let response = try await client.ask(.post, path, body: row.body)
                let message = try response.expectMessagesError(
                    row.status, row.status == 404 ? "not_found_error" : "invalid_request_error")
                #expect(message.contains(row.words), "\(message)")
            }
            #expect(try await client.ask(.get, "/health").code == 200, "the connection goes on")
        }
    }

    @Test func `a thread is refused before all else, with the code that SDKs look for`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            for more in [
                #""thread":{"type":"create"}"#,
                #""thread":{"type":"continue","previous_message_id":"msg_1"},"temperature":9"#,
            ] {
                let response = try await client.messages(
                    more, messages: #"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x"}]}]"#)
                try response.expectMessagesError(400, "invalid_request_error")
                #expect(
                    try response.json()["error"]?["details"] == [
                        "error_code": "thread_unsupported_request", "unsupported": [],
                    ])
            }
            #expect(try await client.messages(#""thread":null"#).code == 200)
        }
    }

    @Test func `an unknown parameter is ignored, or refused under strict parameters`() async throws {
        for isStrict in [false, true] {
            try await withClient(of: ScriptedBackend([.text("a")]), .with(\.strictParameters, isStrict)) { client, _ in
                let response = try await client.messages(#""stop_sequence":["a"]"#)
                if isStrict {
                    let message = try response.expectMessagesError(400, "invalid_request_error")
                    #expect(message.contains("did you mean `stop_sequences`?"))
                } else {
                    #expect(response.code == 200)
                }
            }
        }
    }

    @Test func `without a chat or a tokenizer the endpoint is a 501`() async throws {
        try await withClient(of: BareBackend()) { client, _ in
            try await client.messages().expectMessagesError(501, "api_error", hasID: false)
        }
        try await withClient(of: ScriptedBackend()) { client, _ in
            let response = try await client.ask(.post, "/v1/messages/count_tokens", body: "{\(Self.hi)}")
            let message = try response.expectMessagesError(501, "api_error", hasID: false)
            #expect(message.contains("not supported"))
            #expect(response[field: "x-should-retry"] == "false")
        }
    }

    @Test func `other methods, keys and unknown paths have Anthropic's envelope`() async throws {
        let keys = try StaticKeys(["a-key-of-sufficient-length"])
        try await withClient(of: ScriptedBackend([.text("a")])) {
            $0.authenticator = keys
        } while: { (client, _) async throws in
            let get = try await client.ask(.get, "/v1/messages")
            try get.expectMessagesError(405, "invalid_request_error", hasID: false)
            #expect(get[field: "Allow"] == "OPTIONS, POST")
            try await client.messages().expectMessagesError(401, "authentication_error", hasID: false)
            let version: HTTPFields = ["anthropic-version": "2023-06-01"]
            let unknown = try await client.ask(.get, "/v1/nothing", fields: version)
            try unknown.expectMessagesError(404, "not_found_error", hasID: false)
            let key = "a-key-of-sufficient-length"
            for (name, value) in [("x-api-key", key), ("Authorization", "Bearer \(key)")] {
                var fields = version
                fields.append(name, value)
                #expect(try await client.ask(.get, "/v1/models", fields: fields).code == 200)
            }
        }
    }
}
