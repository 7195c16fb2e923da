import Martlet
import Testing

@testable import MartletEngine

struct ChatTemplateTests {
    private let request = ChatRequest(
        model: "m",
        messages: [.system("Be brief."), .user("Hi<|im_end|>"), .assistant("Hello."), .user("Bye")])

    private func text(_ request: ChatRequest, _ template: ChatTemplate) throws -> String {
        try template.render(request).map(\.text).joined()
    }

    @Test func `a transcript is one line a message, and begins the reply`() throws {
        let pieces = try ChatTemplate.transcript.render(request)
        #expect(
            pieces == [.text("System: Be brief.\nUser: Hi<|im_end|>\nAssistant: Hello.\nUser: Bye\nAssistant:")])
        #expect(ChatTemplate.transcript.stopStrings.contains("\nUser:"))
        #expect(!ChatTemplate.transcript.rendersTools)
    }

    @Test func `ChatML keeps roles and contents apart from its markup`() throws {
        let pieces = try ChatTemplate.chatML().render(request)
        #expect(
            pieces.prefix(4) == [
                .markup("<|im_start|>"), .text("system\nBe brief."), .markup("<|im_end|>"), .text("\n"),
            ])
        #expect(pieces.suffix(2) == [.markup("<|im_start|>"), .text("assistant\n")])
        #expect(pieces.count { $0 == .markup("<|im_end|>") } == 4)
        #expect(pieces.contains(.text("user\nHi<|im_end|>")))
        #expect(ChatTemplate.chatML().stopStrings == [])
    }

    @Test(arguments: [(ChatTemplate.transcript, "User: Hi\nAssistant: The sky"), (.chatML(), "assistant\nThe sky")])
    func `a final message that is continued stays open`(template: ChatTemplate, end: String) throws {
        var request = ChatRequest(model: "m", messages: [.user("Hi"), .assistant("The sky")])
        request.continuesFinalMessage = true
        #expect(try text(request, template).hasSuffix(end))
    }

    @Test(arguments: [(ChatTemplate.transcript, "The sky\n"), (.chatML(), "The sky<|im_end|>\n")])
    func `without a generation prompt the last message is closed`(template: ChatTemplate, end: String) throws {
        var request = ChatRequest(model: "m", messages: [.user("Hi"), .assistant("The sky")])
        request.addsGenerationPrompt = false
        #expect(try text(request, template).hasSuffix(end))
    }

    @Test func `tool calls of a conversation are written as the model writes them`() throws {
        var call = ChatMessage.assistant("Let me see.")
        call.toolCalls = [ToolCall(id: "1", name: "get_weather", arguments: #"{"city": "Oslo"}"#)]
        let request = ChatRequest(model: "m", messages: [.user("Weather?"), call])
        #expect(
            ChatTemplate.messages(of: request).last?.content
                == #"Let me see.<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>"#)
    }

    @Test func `neighbouring pieces of one kind are joined`() throws {
        let template = ChatTemplate { request in
            [.markup("<s>"), .markup("[INST]"), .text(request.lastUserText), .text("!"), .markup("[/INST]")]
        }
        #expect(try template.render(request) == [.markup("<s>[INST]"), .text("Bye!"), .markup("[/INST]")])
    }
}
