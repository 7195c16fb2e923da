import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// One reply as two APIs send it, complete and as events: reasoning, text, and two calls.
struct SampleReply: Sendable, CustomTestStringConvertible {
    static let reasoning = "Let me see."
    static let text = "I look it up: é漢🙂."
    static let calls = [
        ToolCall(id: "call_1", name: "weather", arguments: #"{"city":"Oslo"}"#),
        ToolCall(id: "call_2", name: "time", arguments: "{}"),
    ]
    static let all = [messages, responses]

    var dialect: ServerDialect
    var path: String
    /// The complete reply.
    var whole: JSONValue
    /// The events of the stream, in order.
    var events: [JSONValue]
    /// An error in the stream.
    var failure: String

    var testDescription: String { dialect.rawValue }

    /// The response: complete, or as a stream of which only the first `count` events arrive.
    func script(isStreamed: Bool, count: Int? = nil) -> [FaultStep] {
        guard isStreamed else { return [.json(whole.description)] }
        return [.streamHead, .send(Self.text(of: Array(events.prefix(count ?? events.count)))), .close]
    }

    /// Events with their names.
    static func text(of events: [JSONValue]) -> String {
        events.map { "event: \($0["type"]?.string ?? "")\n" + FaultStep.eventText($0.description) }.joined()
    }
}

extension SampleReply {
    private static func json(_ text: String) -> JSONValue { (try? JSONValue(parsing: Array(text.utf8))) ?? .null }

    // MARK: Messages

    static let thinkingBlock = json(#"{"type":"thinking","thinking":"Let me see.","signature":"c2lnbmVk"}"#)
    static let redactedBlock = json(#"{"type":"redacted_thinking","data":"aGlkZGVu"}"#)

    static let messages = SampleReply(
        dialect: .messages, path: "/v1/messages",
        whole: json(
            #"{"id":"msg_1","type":"message","role":"assistant","model":"m-1","content":["#
                + "\(thinkingBlock),\(redactedBlock),"
                + #"{"type":"text","text":"I look it up: é漢🙂."},"#
                + #"{"type":"tool_use","id":"call_1","name":"weather","input":{"city":"Oslo"}},"#
                + #"{"type":"tool_use","id":"call_2","name":"time","input":{}}],"#
                + #""stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":15,"#
                + #""cache_creation_input_tokens":5,"cache_read_input_tokens":10,"output_tokens":20}}"#),
        events: [
            #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m-1","#
                + #""content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":15,"#
                + #""cache_creation_input_tokens":5,"cache_read_input_tokens":10,"output_tokens":1}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            #"{"type":"ping"}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me "}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"see."}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2lnbmVk"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":\#(redactedBlock)}"#,
            #"{"type":"content_block_stop","index":1}"#,
            #"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"I look it up: "}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"é漢🙂."}}"#,
            #"{"type":"content_block_stop","index":2}"#,
            #"{"type":"content_block_start","index":3,"content_block":"#
                + #"{"type":"tool_use","id":"call_1","name":"weather","input":{}}}"#,
            #"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            #"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}}"#,
            #"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"\"Oslo\"}"}}"#,
            #"{"type":"content_block_stop","index":3}"#,
            #"{"type":"content_block_start","index":4,"content_block":"#
                + #"{"type":"tool_use","id":"call_2","name":"time","input":{}}}"#,
            #"{"type":"content_block_stop","index":4}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"#
                + #""usage":{"output_tokens":20}}"#,
            #"{"type":"message_stop"}"#,
        ].map(json),
        failure: #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#)

    // MARK: Responses

    static let reasoningItem = json(
        #"{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"Let me see."}],"#
            + #""encrypted_content":"gAAA","status":"completed"}"#)
    private static let messageItem =
        #"{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":["#
        + #"{"type":"output_text","text":"I look it up: é漢🙂.","annotations":[],"logprobs":[]}]}"#
    private static func call(_ number: Int, _ name: String, _ arguments: String, _ status: String) -> String {
        #"{"id":"fc_\#(number)","type":"function_call","call_id":"call_\#(number)","name":"\#(name)","#
            + #""arguments":\#(JSONValue.string(arguments)),"status":"\#(status)"}"#
    }
    private static func response(_ status: String, output: String, usage: String) -> String {
        #"{"id":"resp_1","object":"response","created_at":7,"status":"\#(status)","error":null,"#
            + #""incomplete_details":null,"instructions":null,"model":"m-1","output":[\#(output)],"#
            + #""metadata":{},"tools":[],"tool_choice":"auto","parallel_tool_calls":true,"temperature":1,"top_p":1"#
            + (usage.isEmpty ? "}" : #","usage":\#(usage)}"#)
    }
    private static let complete = response(
        "completed",
        output: [
            "\(reasoningItem)", messageItem, call(1, "weather", #"{"city":"Oslo"}"#, "completed"),
            call(2, "time", "{}", "completed"),
        ].joined(separator: ","),
        usage: #"{"input_tokens":30,"input_tokens_details":{"cached_tokens":10,"cache_write_tokens":0},"#
            + #""output_tokens":20,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":50}"#)

    static let responses = SampleReply(
        dialect: .responses, path: "/v1/responses", whole: json(complete),
        events: [
            #"{"type":"response.created","response":\#(response("in_progress", output: "", usage: ""))}"#,
            #"{"type":"response.in_progress","response":\#(response("in_progress", output: "", usage: ""))}"#,
            #"{"type":"response.output_item.added","output_index":0,"item":"#
                + #"{"id":"rs_1","type":"reasoning","summary":[],"status":"in_progress"}}"#,
            #"{"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"#
                + #""part":{"type":"summary_text","text":""}}"#,
            #"{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"#
                + #""delta":"Let me "}"#,
            #"{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"#
                + #""delta":"see."}"#,
            #"{"type":"response.reasoning_summary_text.done","item_id":"rs_1","output_index":0,"summary_index":0,"#
                + #""text":"Let me see."}"#,
            #"{"type":"response.output_item.done","output_index":0,"item":\#(reasoningItem)}"#,
            #"{"type":"response.output_item.added","output_index":1,"item":{"id":"msg_1","type":"message","#
                + #""role":"assistant","status":"in_progress","content":[]}}"#,
            #"{"type":"response.content_part.added","item_id":"msg_1","output_index":1,"content_index":0,"#
                + #""part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}}"#,
            #"{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"#
                + #""delta":"I look it up: ","logprobs":[]}"#,
            #"{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"#
                + #""delta":"é漢🙂.","logprobs":[]}"#,
            #"{"type":"response.output_text.done","item_id":"msg_1","output_index":1,"content_index":0,"#
                + #""text":"I look it up: é漢🙂.","logprobs":[]}"#,
            #"{"type":"response.output_item.done","output_index":1,"item":\#(messageItem)}"#,
            #"{"type":"response.output_item.added","output_index":2,"item":\#(call(1, "weather", "", "in_progress"))}"#,
            #"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"#
                + #""delta":"{\"city\":"}"#,
            #"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"#
                + #""delta":"\"Oslo\"}"}"#,
            #"{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":2,"name":"weather","#
                + #""arguments":"{\"city\":\"Oslo\"}"}"#,
            #"{"type":"response.output_item.done","output_index":2,"item":"#
                + call(1, "weather", #"{"city":"Oslo"}"#, "completed") + "}",
            // Complete at once, without pieces.
            #"{"type":"response.output_item.added","output_index":3,"item":\#(call(2, "time", "", "in_progress"))}"#,
            #"{"type":"response.output_item.done","output_index":3,"item":\#(call(2, "time", "{}", "completed"))}"#,
            #"{"type":"response.completed","response":\#(complete)}"#,
        ].enumerated().map { place, text in
            var event = json(text).object ?? [:]
            event["sequence_number"] = .number(JSONNumber(place))
            return .object(event)
        },
        failure: #"{"type":"response.failed","sequence_number":9,"response":{"id":"resp_1","object":"response","#
            + #""status":"failed","error":{"code":"server_is_overloaded","message":"Overloaded"},"output":[]}}"#)
}

extension ServerDialect {
    /// A complete reply of one text, of the Messages or the Responses API.
    func reply(_ text: String, stopReason: String = "end_turn") -> FaultStep {
        let text = JSONValue.string(text)
        if self == .messages {
            return .json(
                #"{"id":"msg_2","type":"message","role":"assistant","model":"m-1","content":["#
                    + #"{"type":"text","text":\#(text)}],"stop_reason":"\#(stopReason)","stop_sequence":null,"#
                    + #""usage":{"input_tokens":30,"output_tokens":20}}"#)
        }
        return .json(
            #"{"id":"resp_2","object":"response","status":"completed","error":null,"model":"m-1","output":["#
                + #"{"id":"msg_2","type":"message","role":"assistant","status":"completed","content":["#
                + #"{"type":"output_text","text":\#(text),"annotations":[],"logprobs":[]}]}],"#
                + #""usage":{"input_tokens":30,"output_tokens":20,"total_tokens":50}}"#)
    }
}
