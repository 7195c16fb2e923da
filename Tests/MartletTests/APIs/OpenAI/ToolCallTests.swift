import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ToolCallTests {
    private let whole: JSONObject = [
        "id": "c1", "type": "function", "function": ["name": "f", "arguments": "{\"a\":1}"],
    ]

    private func calls(_ call: JSONObject) throws(OpenAIError) -> [ToolCall] {
        try message(["role": "assistant", "tool_calls": [.object(call)]]).toolCalls
    }

    /// The error of a call with one member changed or, for nil, removed.
    private func fault(_ name: String, _ value: JSONValue?) -> Fault? {
        var call = whole
        call[name] = value
        return MartletTests.fault { () throws(OpenAIError) in try calls(call) }
    }

    @Test func `arguments remain the text that the model wrote`() throws {
        #expect(try calls(whole) == [ToolCall(id: "c1", name: "f", arguments: "{\"a\":1}")])
        var call = whole
        call["function"] = ["name": "f", "arguments": "{broken"]
        #expect(try calls(call).first?.arguments == "{broken")
    }

    @Test func `each invalid member is a 400 with its path`() {
        let path = "messages[0].tool_calls[0]"
        for name in ["id", "type", "function"] {
            #expect(fault(name, nil) == .missing("\(path).\(name)"))
            #expect(fault(name, 1) == .invalid("\(path).\(name)"))
        }
        #expect(fault("type", "custom") == .invalid("\(path).type"))
        #expect(fault("function", ["arguments": "{}"]) == .missing("\(path).function.name"))
        #expect(fault("function", ["name": "f"]) == .missing("\(path).function.arguments"))
        #expect(fault("function", ["name": "f", "arguments": [:]]) == .invalid("\(path).function.arguments"))
    }
}
