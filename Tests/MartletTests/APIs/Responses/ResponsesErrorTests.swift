import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Errors for invalid requests of the Responses API.
struct ResponsesErrorTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let body: String
        let param: String?
        let code: String?
        let words: String
        var status = 400

        /// - Parameter members: Those of the body besides a valid `input`.
        init(_ members: String, _ param: String?, _ code: String?, _ words: String) {
            (body, self.param, self.code, self.words) = (#"{"input":"Hi",\#(members)}"#, param, code, words)
        }

        init(input: String, _ param: String?, _ code: String?, _ words: String, status: Int = 400) {
            (body, self.param, self.code, self.words) = (#"{"input":\#(input)}"#, param, code, words)
            self.status = status
        }

        init(whole body: String, _ param: String?, _ code: String?, _ words: String) {
            (self.body, self.param, self.code, self.words) = (body, param, code, words)
        }

        var testDescription: String { body }
    }

    private static let value = "invalid_value"
    private static let missing = "missing_required_parameter"
    private static let unsupported = "unsupported_parameter"

    private static let parameters: [Row] = [
        Row(whole: "{", nil, nil, "not valid JSON"), Row(whole: "{}", "input", missing, "`input` is required"),
        Row(whole: #"{"input":null}"#, "input", missing, "`input` is required"),
        Row(#""instructions":["x"]"#, "instructions", value, "must be a string"),
        Row(#""stream":"yes""#, "stream", value, "`true` or `false`"),
        Row(#""stream_options":5"#, "stream_options", value, "an object"),
        Row(#""stream_options":{"include_obfuscation":1}"#, "stream_options.include_obfuscation", value, "`true`"),
        Row(#""max_output_tokens":0"#, "max_output_tokens", value, "at least 1"),
        Row(#""temperature":3"#, "temperature", value, "from 0 to 2"),
        Row(#""top_p":-1"#, "top_p", value, "from 0 to 1"),
        Row(#""top_logprobs":21"#, "top_logprobs", value, "from 0 to 20"),
        Row(#""seed":"x""#, "seed", value, "an integer"),
        Row(#""stop":[""]"#, "stop[0]", value, "at least one character"),
        Row(#""truncation":"oldest""#, "truncation", value, #""auto" or "disabled""#),
        Row(#""previous_response_id":"resp_1""#, "previous_response_id", unsupported, "stores nothing"),
        Row(#""conversation":"conv_1""#, "conversation", unsupported, "as `input`"),
        Row(#""prompt":{"id":"pmpt_1"}"#, "prompt", unsupported, "`instructions`"),
        Row(#""background":true"#, "background", unsupported, "stores nothing"),
        Row(#""background":"no""#, "background", value, "`true` or `false`"),
        Row(#""context_management":[{"type":"compaction"}]"#, "context_management", unsupported, "leave it out"),
        Row(#""moderation":{"model":"m"}"#, "moderation", unsupported, "leave it out"),
        Row(#""store":1"#, "store", value, "`true` or `false`"),
        Row(#""metadata":[]"#, "metadata", value, "an object"),
        Row(#""metadata":{"a":1}"#, "metadata.a", value, "a string"),
        Row(#""metadata":{"a":"\#(String(repeating: "x", count: 513))"}"#, "metadata.a", value, "512 characters"),
        Row(#""metadata":{"\#(String(repeating: "x", count: 65))":"a"}"#, "metadata", value, "64 characters"),
        Row(
            #""metadata":{\#((0..<17).map { #""k\#($0)":"v""# }.joined(separator: ","))}"#, "metadata", value,
            "at most 16 pairs"),
        Row(#""max_tool_calls":0"#, "max_tool_calls", value, "at least 1"),
        Row(#""parallel_tool_calls":"no""#, "parallel_tool_calls", value, "`true` or `false`"),
        Row(#""include":"all""#, "include", value, "an array of strings"),
        Row(#""include":[1]"#, "include[0]", value, "a string"),
        Row(#""text":"json""#, "text", value, "an object"),
        Row(#""text":{"verbosity":"loud"}"#, "text.verbosity", value, #""low", "medium" or "high""#),
        Row(#""text":{"format":{}}"#, "text.format.type", missing, "is required"),
        Row(#""text":{"format":{"type":"xml"}}"#, "text.format.type", value, "json_schema"),
        Row(#""text":{"format":{"type":"json_schema","schema":{}}}"#, "text.format.name", missing, "is required"),
        Row(#""text":{"format":{"type":"json_schema","name":"a"}}"#, "text.format.schema", missing, "is required"),
        Row(
            #""text":{"format":{"type":"json_schema","name":"a","schema":{"type":"object","properties":{}},"strict":true}}"#,
            "text.format", "invalid_json_schema", "additionalProperties"),
        Row(#""reasoning":"high""#, "reasoning", value, "an object"),
        Row(#""reasoning":{"effort":""}"#, "reasoning.effort", value, "\"xhigh\" or \"max\""),
        Row(#""reasoning":{"effort":"immense"}"#, "reasoning.effort", value, "\"none\", \"minimal\""),
        Row(#""reasoning":{"summary":"long"}"#, "reasoning.summary", value, #""detailed""#),
        Row(#""user":5"#, "user", value, "a string"), Row(#""service_tier":5"#, "service_tier", value, "a string"),
    ]

    private static let function = #"{"type":"function","name":"f","parameters":{"type":"object"}}"#

    private static let tools: [Row] = [
        Row(#""tools":{}"#, "tools", value, "an array of tools"), Row(#""tools":[5]"#, "tools[0]", value, "an object"),
        Row(#""tools":[{}]"#, "tools[0].type", missing, "is required"),
        Row(#""tools":[{"type":"function"}]"#, "tools[0].name", missing, "is required"),
        Row(#""tools":[{"type":"function","function":{"name":"f"}}]"#, "tools[0].name", missing, "is required"),
        Row(#""tools":[{"type":"function","name":"a b"}]"#, "tools[0].name", value, "letters, digits"),
        Row(#""tools":[{"type":"function","name":"f","parameters":[]}]"#, "tools[0].parameters", value, "an object"),
        Row(
            #""tools":[{"type":"web_search"},{"type":"function","name":"f","parameters":{"type":"array"}}]"#,
            "tools[1].parameters.type", value, "object"),
        Row(
            #""tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true}]"#,
            "tools[0].parameters", "invalid_function_parameters", "Invalid schema"),
        Row(#""tools":[\#(function),\#(function)]"#, "tools[1].name", value, "earlier tool"),
        Row(#""tools":[{"type":"custom"}]"#, "tools[0].name", missing, "is required"),
        Row(
            #""tools":[{"type":"custom","name":"c","format":{"type":"json"}}]"#, "tools[0].format.type", value,
            "grammar"),
        Row(
            #""tools":[{"type":"custom","name":"c","format":{"type":"grammar","syntax":"yacc","definition":"x"}}]"#,
            "tools[0].format.syntax", value, "lark"),
        Row(
            #""tools":[{"type":"custom","name":"c","format":{"type":"grammar","syntax":"regex"}}]"#,
            "tools[0].format.definition", missing, "is required"),
        Row(#""tools":[\#(Array(repeating: "{}", count: 129).joined(separator: ","))]"#, "tools", value, "at most 128"),
        Row(#""tool_choice":"any""#, "tool_choice", value, "required"),
        Row(#""tool_choice":5"#, "tool_choice", value, "required"),
        Row(#""tool_choice":"required""#, "tool_choice", value, "has no function"),
        Row(#""tools":[{"type":"web_search"}],"tool_choice":"required""#, "tool_choice", value, "has no function"),
        Row(
            #""tool_choice":{"type":"function","name":"g"},"tools":[\#(function)]"#, "tool_choice.name", value,
            "`tools`"),
        Row(
            #""tool_choice":{"type":"custom","name":"f"},"tools":[\#(function)]"#, "tool_choice.name", value, "`tools`"),
        Row(#""tool_choice":{"type":"function"}"#, "tool_choice.name", missing, "is required"),
        Row(#""tool_choice":{"type":"web_search_preview"}"#, "tool_choice.type", unsupported, "web_search_preview"),
        Row(#""tool_choice":{"type":"mcp","server_label":"x"}"#, "tool_choice.type", unsupported, "it has none"),
        Row(#""tool_choice":{"type":"allowed_tools"}"#, "tool_choice.mode", missing, "is required"),
        Row(
            #""tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"web_search"}]}"#,
            "tool_choice.tools",
            value, "at least one function"),
        Row(
            #""tool_choice":{"type":"allowed_tools","mode":"none","tools":[\#(function)]},"tools":[\#(function)]"#,
            "tool_choice.mode", value, #""auto" or "required""#),
        Row(
            #""tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"g"}]}"#,
            "tool_choice.tools[0].name", value, "not in `tools`"),
        Row(
            #""tool_choice":"required","tools":[\#(function)],"text":{"format":{"type":"json_object"}}"#, "text.format",
            value, "exclude each other"),
    ]

    private static let call = #""type":"function_call","call_id":"c","name":"f""#

    private static let inputs: [Row] = [
        Row(input: "5", "input", value, "a text or an array"), Row(input: "[]", "input", value, "at least one item"),
        Row(input: "[5]", "input[0]", value, "an object"), Row(input: "[{}]", "input[0].type", missing, "is required"),
        Row(input: #"[{"type":"mail"}]"#, "input[0].type", value, "function_call"),
        Row(input: #"[{"type":"web_search_call","id":"ws_1"}]"#, "input", value, "the model can read"),
        Row(input: #"[{"type":"message","content":"a"}]"#, "input[0].role", missing, "is required"),
        Row(input: #"[{"role":"tool","content":"a"}]"#, "input[0].role", value, "developer"),
        Row(input: #"[{"role":"user"}]"#, "input[0].content", missing, "is required"),
        Row(input: #"[{"role":"user","content":[]}]"#, "input[0].content", value, "at least one part"),
        Row(input: #"[{"role":"user","content":["a"]}]"#, "input[0].content[0]", value, "an object"),
        Row(input: #"[{"role":"user","content":[{"text":"a"}]}]"#, "input[0].content[0].type", missing, "is required"),
        Row(
            input: #"[{"role":"user","content":[{"type":"refusal","refusal":"a"}]}]"#, "input[0].content[0].type",
            value, "input_text"),
        Row(
            input: #"[{"role":"user","content":[{"type":"input_text"}]}]"#, "input[0].content[0].text", missing,
            "is required"),
        Row(
            input: #"[{"role":"user","content":[{"type":"input_image","image_url":"data:,"}]}]"#,
            "input[0].content[0].type", unsupported, "send text"),
        Row(
            input: #"[{"role":"user","content":[{"type":"input_file","file_data":"data:,"}]}]"#,
            "input[0].content[0].type", unsupported, "send text"),
        Row(input: #"[{\#(call)}]"#, "input[0].arguments", missing, "is required"),
        Row(
            input: #"[{"type":"function_call","name":"f","arguments":"{}"}]"#, "input[0].call_id", missing,
            "is required"),
        Row(
            input: #"[{"type":"custom_tool_call","call_id":"c","name":"f"}]"#, "input[0].input", missing, "is required"),
        Row(input: #"[{"type":"function_call_output","call_id":"c"}]"#, "input[0].output", missing, "is required"),
        Row(input: #"[{"type":"function_call_output","output":"x"}]"#, "input[0].call_id", missing, "is required"),
        Row(
            input: #"[{"type":"function_call_output","call_id":"c","output":[{"type":"output_json"}]}]"#,
            "input[0].output[0].type", value, "input_text"),
        Row(
            input: #"[{"role":"user","content":"a"},{"type":"item_reference","id":"msg_1"}]"#, "input[1].id",
            "item_not_found", "msg_1", status: 404),
        Row(input: #"[{"id":"msg_1"}]"#, "input[0].id", "item_not_found", "stores no items", status: 404),
        Row(
            input: #"[{"type":"reasoning","content":[{"type":"text","text":"a"}]}]"#, "input[0].content[0].type", value,
            "reasoning_text"),
        Row(input: #"[{"type":"reasoning","summary":"a"}]"#, "input[0].summary", value, "an array"),
    ]

    /// Another server's, no base64, another version, no UTF-8.
    private static let thoughts: [Row] = ["gAAAAABo", "AQ", "", "Av8=", "Af8="].map { text in
        Row(
            input: #"[{"type":"reasoning","summary":[],"encrypted_content":"\#(text)"}]"#,
            "input[0].encrypted_content", "invalid_encrypted_content", "send it back unchanged")
    }

    @Test(arguments: parameters + tools + inputs + thoughts)
    func `invalid input gets a status, the place of the fault and a sentence that says how to change it`(
        row: Row
    ) async throws {
        var backend = ScriptedBackend([.text("a")])
        backend.capabilities = [.tools, .toolChoice, .responseFormat, .logprobs]
        try await withClient(of: backend) { client, _ in
            let response = try await client.ask(.post, "/v1/responses", body: row.body)
            let message = try expect(response, is: row.status, param: row.param, code: row.code)
            #expect(message.contains(row.words), "\(message)")
            #expect(try await client.ask(.get, "/health").code == 200, "the connection goes on")
        }
        #expect(backend.started == 0)
    }

    @Test(arguments: [
        (#""tools":[{"type":"function","name":"f"}]"#, "tools"),
        (#""text":{"format":{"type":"json_object"}}"#, "text.format"),
        (#""include":["message.output_text.logprobs"]"#, "include"), (#""top_logprobs":2"#, "top_logprobs"),
        (#""tools":[{"type":"custom","name":"c"}]"#, "tools"), (#""tool_choice":"required""#, "tool_choice"),
    ])
    func `what a model does not support is a 400, not ignored`(members: String, param: String) async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            try expect(try await client.respond(members), is: 400, param: param, code: Self.unsupported)
        }
    }

    @Test(arguments: [
        (
            BackendError.contextLengthExceeded("messages", promptTokens: 9, contextLength: 8), "input",
            "context_length_exceeded"
        ),
        (BackendError.invalidValue("messages[0].content", "`messages[0].content` is odd."), "input", value),
        (BackendError.invalidValue("max_tokens", "`max_tokens` is too large."), "max_output_tokens", value),
        (BackendError.invalidValue("response_format", "`response_format` is odd."), "text.format", value),
        (BackendError.invalidValue("temperature", "`temperature` is odd."), "temperature", value),
    ])
    func `a backend's error names this API's parameters`(error: BackendError, param: String, code: String) async throws
    {
        try await withClient(of: ScriptedBackend([.fail(error)])) { client, _ in
            for more in ["", #""stream":true"#] {
                let message = try expect(try await client.respond(more), is: 400, param: param, code: code)
                #expect(!message.contains("`messages"))
                #expect(message.contains("`\(param)`") || code == "context_length_exceeded")
            }
        }
    }

    @Test(arguments: [
        (HTTPMethod.get, "/v1/responses/resp_1", 404), (.delete, "/v1/responses/resp_1", 404),
        (.get, "/responses/resp_1", 404), (.get, "/v1/responses/resp_1/input_items", 404),
        (.post, "/v1/responses/resp_1/cancel", 404), (.get, "/v1/responses", 405), (.put, "/v1/responses/resp_1", 405),
        (.get, "/v1/responses/input_tokens", 405),
    ])
    func `what is not stored is not found, and other methods are named`(
        method: HTTPMethod, path: String, status: Int
    ) async throws {
        try await withClient(of: LetterBackend(contextLimit: nil)) { client, _ in
            let message = try expect(try await client.ask(method, path), is: status)
            #expect(status == 405 || message.contains("this server stores none"))
        }
    }

    @Test func `a backend without chats has no responses, and one without a tokenizer no counts`() async throws {
        try await withClient(of: BareBackend()) { client, _ in
            try expect(try await client.respond(), is: 501, "not_implemented", code: "not_implemented")
        }
        try await withClient(of: ScriptedBackend()) { client, _ in
            let response = try await client.ask(.post, "/v1/responses/input_tokens", body: #"{"input":"Hi"}"#)
            try expect(response, is: 501, "not_implemented", code: "not_implemented")
        }
    }

    @Test func `a strict server refuses unknown parameters and values to include`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")]), .with(\.strictParameters, true)) { client, _ in
            let message = try expect(
                try await client.respond(#""max_output_token":1"#), is: 400, param: "max_output_token",
                code: "unknown_parameter")
            #expect(message.contains("`max_output_tokens`"))
            let include = #""include":["reasoning.encrypted_content","dreams"]"#
            try expect(try await client.respond(include), is: 400, param: "include: dreams", code: "unknown_parameter")
        }
        try await withClient(of: ScriptedBackend([.text("a")])) { client, server in
            let response = try await client.respond(#""max_output_token":1,"include":["dreams"]"#)
            #expect(response.code == 200)
            #expect(server.counters.unknownParameters == 2)
        }
    }
}
