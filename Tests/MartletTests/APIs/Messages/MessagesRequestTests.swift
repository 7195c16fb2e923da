import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

/// What becomes of a request: a chat with the same meaning.
struct MessagesRequestTests {
    private func request(_ members: JSONObject, _ capabilities: Capabilities = [.tools, .toolChoice, .reasoning])
        throws -> MessagesRequest
    {
        var body: JSONObject = ["max_tokens": 4000, "messages": [["role": "user", "content": "Hi"]]]
        for (name, value) in members { body[name] = value }
        return try MessagesRequest(decoding: body, model: "m", capabilities: capabilities)
    }

    private func messages(_ messages: JSONValue, _ capabilities: Capabilities = []) throws -> [ChatMessage] {
        try request(["messages": messages], capabilities).chat.messages
    }

    private func use(_ id: String) -> JSONValue {
        ["type": "tool_use", "id": .string(id), "name": "f", "input": ["x": 1.50]]
    }

    // MARK: Messages

    @Test func `the system prompt is one message, whatever its form`() throws {
        #expect(try request(["system": "a"]).chat.messages.map(\.text) == ["a", "Hi"])
        let blocks: JSONValue = [
            ["type": "text", "text": "x-anthropic-billing-header: cc_version=2; cch=1;"],
            ["type": "text", "text": "a", "cache_control": ["type": "ephemeral"]], ["type": "text", "text": "b"],
        ]
        let chat = try request(["system": blocks]).chat
        #expect(chat.messages.map(\.role) == [.system, .user])
        #expect(chat.messages[0].text == "a\n\nb")
        #expect(try request(["system": ""]).chat.messages.count == 1)
        #expect(try request(["system": []]).chat.messages.count == 1)
    }

    @Test func `messages of the same role in a row are one turn, in paragraphs`() throws {
        let chat = try messages([
            ["role": "user", "content": "a"], ["role": "user", "content": [["type": "text", "text": "b"]]],
            ["role": "system", "content": "s"], ["role": "assistant", "content": "c"],
            ["role": "assistant", "content": "d"], ["role": "user", "content": "e"],
        ])
        #expect(chat.map(\.role) == [.user, .system, .assistant, .user])
        #expect(chat.map(\.text) == ["a\n\nb", "s", "c\n\nd", "e"])
    }

    @Test func `results of tools come before the text of their turn, in the order of the request`() throws {
        let chat = try messages([
            ["role": "user", "content": "a"], ["role": "assistant", "content": [use("1"), use("2"), use("3")]],
            [
                "role": "user",
                "content": [
                    ["type": "text", "text": "b"], ["type": "tool_result", "tool_use_id": "2", "content": "r2"],
                    [
                        "type": "tool_result", "tool_use_id": "1", "is_error": true,
                        "content": [["type": "text", "text": "r1"]],
                    ],
                ],
            ], ["role": "user", "content": [["type": "tool_result", "tool_use_id": "3"]]],
        ])
        #expect(chat.map(\.role) == [.user, .assistant, .tool, .tool, .tool, .user])
        #expect(chat.map(\.text) == ["a", "", "r2", "Error: r1", "", "b"])
        #expect(chat.compactMap(\.toolCallID) == ["2", "1", "3"])
        #expect(chat[1].toolCalls.map(\.id) == ["1", "2", "3"])
        #expect(chat[1].toolCalls[0].arguments == #"{"x":1.5}"#)
    }

    @Test func `thoughts are restored with any signature, and blocks of other servers' tools are left out`() throws {
        let chat = try messages([
            ["role": "user", "content": "a"],
            [
                "role": "assistant",
                "content": [
                    ["type": "thinking", "thinking": "hm", "signature": "theirs"],
                    ["type": "redacted_thinking", "data": "x"],
                    ["type": "server_tool_use", "id": "s", "name": "web_search", "input": [:]],
                    ["type": "web_search_tool_result", "tool_use_id": "s", "content": []],
                    ["type": "text", "text": "b", "citations": []],
                ],
            ], ["role": "user", "content": "c"],
        ])
        #expect(chat[1].reasoning == "hm")
        #expect(chat[1].text == "b")
        #expect(chat.count == 3)
    }

    @Test func `an assistant's last message is continued, unless it is empty`() throws {
        let user: JSONValue = ["role": "user", "content": "a"]
        let prefilled = try request(["messages": [user, ["role": "assistant", "content": "b"]]]).chat
        #expect(prefilled.continuesFinalMessage && !prefilled.addsGenerationPrompt)
        #expect(prefilled.continuedText == "b")
        for content in ["", []] as [JSONValue] {
            let chat = try request(["messages": [user, ["role": "assistant", "content": content]]]).chat
            #expect(!chat.continuesFinalMessage && chat.addsGenerationPrompt)
            #expect(chat.messages.map(\.text) == ["a"])
        }
    }

    @Test func `images and documents are parts of a chat`() throws {
        let content: JSONValue = [
            ["type": "image", "source": ["type": "base64", "media_type": "image/png", "data": "aGk="]],
            ["type": "image", "source": ["type": "url", "url": "https://example.org/a.png"]],
            ["type": "document", "title": "T", "source": ["type": "text", "media_type": "text/plain", "data": "d"]],
            ["type": "document", "source": ["type": "content", "content": [["type": "text", "text": "e"]]]],
            ["type": "document", "source": ["type": "base64", "media_type": "application/pdf", "data": "cGRm"]],
            ["type": "search_result", "title": "S", "source": "u", "content": [["type": "text", "text": "f"]]],
        ]
        let message = try messages([["role": "user", "content": content]], [.images, .files])[0]
        let urls = message.content.compactMap { $0.json["image_url"]?.object?["url"]?.string }
        #expect(urls == ["data:image/png;base64,aGk=", "https://example.org/a.png"])
        #expect(message.text == "T\n\ndeS\nu\n\nf")
        let file = message.content.first { $0.kind == .file }?.json["file"]?.object
        #expect(file?["file_data"] == "data:application/pdf;base64,cGRm")
    }

    // MARK: Parameters

    @Test func `parameters are those of a chat`() throws {
        let chat = try request([
            "temperature": 0.5, "top_p": 0.25, "top_k": 3, "seed": 7, "stop_sequences": ["a", "b", "c", "d", "e"],
            "stream": true, "metadata": ["user_id": "u"], "service_tier": "auto",
            "cache_control": ["type": "ephemeral"],

            "context_management": ["edits": []], "betas": ["x"], "container": "", "mcp_servers": [],
        ]).chat
        #expect(chat.sampling.temperature == 0.5 && chat.sampling.topP == 0.25 && chat.sampling.topK == 3)
        #expect(chat.sampling.seed == 7 && chat.maxTokens == 4000 && chat.stream)
        #expect(chat.stop == ["a", "b", "c", "d", "e"])
        #expect(chat.unknownParameters.isEmpty)
        #expect(
            chat.body == [
                "stream": true, "temperature": 0.5, "top_p": 0.25, "top_k": 3, "seed": 7, "user": "u",
            ])
    }

    @Test func `tools of the client are functions, and the others are left out`() throws {
        let schema: JSONObject = ["type": "object", "properties": ["city": ["type": "string"]]]
        let tools: JSONValue = [
            ["type": "web_search_20250305", "name": "web_search", "max_uses": 5],
            ["type": "custom", "name": "f", "description": "d", "input_schema": .object(schema), "strict": true],
            ["name": "g", "input_schema": ["type": "object"], "defer_loading": true],
        ]
        let request = try request(["tools": tools, "tool_choice": ["type": "tool", "name": "g"]])
        #expect(request.ignoredTools == ["web_search_20250305"])
        #expect(
            request.chat.tools == [
                ToolDefinition(name: "f", description: "d", parameters: schema, strict: true),
                ToolDefinition(name: "g", parameters: ["type": "object"]),
            ])
        #expect(request.chat.toolChoice == .function("g"))
        #expect(request.chat.parameterName(ofToolAt: 1) == "tools[2].input_schema")
    }

    @Test func `tools that are left out need no capability`() throws {
        let tools: JSONValue = [["type": "web_search_20250305", "name": "web_search"]]
        for choice in ["auto", "none"] as [JSONValue] {
            let body: JSONObject = [
                "tools": tools, "tool_choice": ["type": choice, "disable_parallel_tool_use": true],
            ]
            let chat = try request(body, []).chat
            #expect(chat.tools.isEmpty)
            #expect(!chat.parallelToolCalls)
        }
    }

    @Test(
        arguments: [
            ([:], nil, nil), (["thinking": ["type": "disabled"]], false, "none"),
            (["thinking": ["type": "adaptive"]], true, nil),
            (
                ["thinking": ["type": "adaptive", "display": "omitted"], "output_config": ["effort": "xhigh"]], true,
                "xhigh"
            ),
            (["thinking": ["type": "enabled", "budget_tokens": 1024]], true, nil),
            (["thinking": ["type": "disabled"], "output_config": ["effort": "max"]], false, "none"),
            (["output_config": ["effort": "low"]], nil, "low"),
        ] as [(JSONObject, Bool?, String?)])
    func `thinking and effort have an effect on models that reason only`(
        members: JSONObject, isEnabled: Bool?, effort: String?
    ) throws {
        let chat = try request(members, .reasoning).chat
        #expect(chat.chatTemplateKwargs["enable_thinking"]?.bool == isEnabled)
        #expect(chat.reasoningEffort == effort)
        let other = try request(members, []).chat
        #expect(other.chatTemplateKwargs.isEmpty && other.reasoningEffort == nil)
    }

    @Test(arguments: ["output_config", "output_format"]) func `a format says what the text must be`(name: String) throws
    {
        let format: JSONValue = ["type": "json_schema", "schema": ["type": "object"]]
        let body: JSONObject = [name: name == "output_config" ? ["format": format] : format]
        let output = try #require(try request(body, .responseFormat).chat.structuredOutput)
        #expect(output.source.schema == ["type": "object"])
        #expect(output.param == (name == "output_config" ? "output_config.format" : "output_format"))
        let tools: JSONValue = [["name": "f", "input_schema": ["type": "object"]]]
        var both = body
        (both["tools"], both["tool_choice"]) = (tools, ["type": "any"])
        #expect(throws: OpenAIError.self) { try request(both, [.responseFormat, .tools, .toolChoice]) }
    }

    @Test func `a count needs no limit of tokens`() throws {
        let body: JSONObject = ["messages": [["role": "user", "content": "Hi"]]]
        let request = try MessagesRequest(decoding: body, model: "m", capabilities: [], generates: false)
        #expect(request.chat.maxTokens == nil)
    }
}
