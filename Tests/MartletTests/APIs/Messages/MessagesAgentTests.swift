import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Requests with everything that coding agents send.
@Suite(.serialized)
struct MessagesAgentTests {
    private static let tools: JSONValue = [
        [
            "name": "Bash", "description": "Runs a command.",
            "input_schema": [
                "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
                "properties": ["command": ["type": "string"], "timeout": ["type": "number"]],
                "required": ["command"], "additionalProperties": false,
            ],
        ],
        [
            "name": "mcp__tracker__list_issues", "description": "",
            "input_schema": ["type": "object", "properties": [:]],
            "cache_control": ["type": "ephemeral"], "eager_input_streaming": true,
        ],
        ["type": "web_search_20250305", "name": "web_search", "max_uses": 8],
    ]

    /// A request as Claude Code sends it, in the middle of its work.
    private static let request: JSONObject = [
        "model": "scripted", "max_tokens": 32000, "stream": true,
        "system": [
            ["type": "text", "text": "x-anthropic-billing-header: cc_version=2.1; cch=0a1b2;"],
            ["type": "text", "text": "You are an agent.", "cache_control": ["type": "ephemeral", "ttl": "1h"]],
            ["type": "text", "text": "Work in /tmp.", "cache_control": ["type": "ephemeral"]],
        ],
        "messages": [
            [
                "role": "user",
                "content": [
                    ["type": "text", "text": "<system-reminder>\nDate: today\n</system-reminder>"],
                    ["type": "text", "text": "List the files.", "cache_control": ["type": "ephemeral"]],
                ],
            ],
            [
                "role": "assistant",
                "content": [
                    ["type": "thinking", "thinking": "A command lists them.", "signature": "EqMDCkYIB"],
                    ["type": "text", "text": "I list them."],
                    ["type": "tool_use", "id": "toolu_01", "name": "Bash", "input": ["command": "ls", "timeout": 5]],
                    ["type": "tool_use", "id": "toolu_02", "name": "Bash", "input": ["command": "pwd"]],
                ],
            ],
            [
                "role": "user",
                "content": [
                    ["type": "tool_result", "tool_use_id": "toolu_01", "content": "a.txt", "is_error": false],
                    [
                        "type": "tool_result", "tool_use_id": "toolu_02", "is_error": true,
                        "content": [["type": "text", "text": "denied"]], "cache_control": ["type": "ephemeral"],
                    ],
                    ["type": "text", "text": "Go on."],
                ],
            ],
        ],
        "tools": tools, "tool_choice": ["type": "auto"], "thinking": ["type": "adaptive", "display": "omitted"],
        "output_config": ["effort": "high"], "context_management": ["edits": [["type": "clear_thinking_20251015"]]],
        "metadata": ["user_id": #"{"device_id":"d","session_id":"s"}"#],
    ]

    @Test func `a request of Claude Code is understood in whole, and answered with a call`() async throws {
        let seen = Gate()
        let backend = ChatProbe(capabilities: [.tools, .toolChoice, .reasoning]) { chat, sink in
            #expect(chat.messages.map(\.role) == [.system, .user, .assistant, .tool, .tool, .user])
            #expect(chat.messages[0].text == "You are an agent.\n\nWork in /tmp.")
            #expect(chat.messages[2].reasoning == "A command lists them.")
            let arguments = [#"{"command":"ls","timeout":5}"#, #"{"command":"pwd"}"#]
            #expect(chat.messages[2].toolCalls.map(\.arguments) == arguments)
            #expect(chat.messages.map(\.text)[3...] == ["a.txt", "Error: denied", "Go on."])
            #expect(chat.tools.map(\.name) == ["Bash", "mcp__tracker__list_issues"])
            #expect(chat.toolArguments.count == 2)
            #expect(chat.reasoningEffort == "high" && chat.chatTemplateKwargs["enable_thinking"] == true)
            #expect(chat.body["user"] == #"{"device_id":"d","session_id":"s"}"#)
            #expect(chat.body["system"] == nil)
            seen.open()
            try await sink.emit(.reasoning("hm"))
            let beginning = ToolCallFragment(index: 0, id: "x", name: "Bash", arguments: #"{"command":"#)
            try await sink.emit(.toolCall(beginning))
            try await sink.emit(.toolCall(ToolCallFragment(index: 0, arguments: #""cat a.txt"}"#)))
        }
        try await withClient(of: backend) { client, _ in
            let response = try await client.ask(
                .post, "/v1/messages?beta=true",
                fields: [
                    "anthropic-version": "2023-06-01", "x-app": "cli", "x-api-key": "none",
                    "anthropic-beta": "claude-code-20250219,context-management-2025-06-27",
                ], body: JSONValue.object(Self.request).description)
            #expect(response.code == 200, "\(response.text)")
            #expect(seen.isOpen)
            #expect(response[field: "x-martlet-ignored-tools"] == "web_search_20250305")
            let message = try AssembledMessage(response.messagesEvents())
            #expect(message.blocks.map { $0["type"] } == ["thinking", "tool_use"])
            #expect(message.blocks.last?["input"] == ["command": "cat a.txt"])
            #expect(message.end["stop_reason"] == "tool_use")
        }
    }

    @Test func `names of tools that are left out are safe in the response, and each is logged once`() async throws {
        let log = RecordedLog()
        try await withClient(of: ScriptedBackend([.text("a")]), .with(\.logger, log.logger)) { client, _ in
            for _ in 0..<2 {
                let response = try await client.messages(#""tools":[{"type":"a,b\r\nx: é"},{"type":"web_fetch"}]"#)
                #expect(response.code == 200)
                #expect(response[field: "x-martlet-ignored-tools"] == "a_b__x:__, web_fetch")
            }
        }
        let lines = log.lines.filter { $0.contains("is left out") }
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { !$0.contains("\n") })
    }
}
