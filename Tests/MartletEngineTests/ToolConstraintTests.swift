import Martlet
import MartletConstraint
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import Testing

@testable import MartletEngine

/// What constrained replies to chats promise: thoughts, texts and calls, with a model of random weights.
@Suite(.timeLimit(.minutes(5)))
struct ToolConstraintTests {
    private static let tools = ["weather", "time", "abc"].map { ToolDefinition(name: $0) }

    private struct Reply {
        var text = "", thought = ""
        var calls: [ToolCallFragment] = []
        var finish: FinishReason?
        var tokenCount = 0
    }

    private func run(_ request: ChatRequest, _ model: RandomModel = RandomModel()) async throws -> [Reply] {
        let engine = Engine(model, name: "random")
        var replies: [Reply] = []
        for seed in 0..<24 {
            var (request, reply, bytes) = (request, Reply(), [UInt8]())
            request.sampling.seed = seed
            for try await event in engine.generate(request) {
                bytes += event.token?.text ?? Array((event.text ?? "").utf8)
                reply.thought += event.reasoning ?? ""
                reply.tokenCount += event.tokenCount
                reply.finish = event.finishReason ?? reply.finish
                guard let fragment = event.toolCall else { continue }
                if fragment.index == reply.calls.count {
                    reply.calls.append(fragment)
                } else {
                    reply.calls[fragment.index].arguments += fragment.arguments
                }
            }
            reply.text = String(decoding: bytes, as: UTF8.self)
            if reply.finish == .stop { replies.append(reply) } else { #expect(reply.finish == .length) }
        }
        return replies
    }

    private func request(_ choice: ToolChoice, maxTokens: Int = 200) -> ChatRequest {
        var request = ChatRequest(model: "random", messages: [.user("a")], maxTokens: maxTokens)
        (request.tools, request.toolChoice) = (Self.tools, choice)
        request.sampling.temperature = 1.5
        return request
    }

    private func expectCalls(_ calls: [ToolCallFragment], of names: [String] = tools.map(\.name)) {
        for call in calls {
            #expect(names.contains(call.name ?? "") && call.id != nil)
            #expect((try? JSONValue(parsing: Array(call.arguments.utf8)))?.object != nil, "\(call.arguments)")
        }
    }

    @Test func `required tools are called, with arguments that parse`() async throws {
        let replies = try await run(request(.required))
        #expect(replies.count > 4 && replies.contains { $0.calls.count > 1 })
        for reply in replies {
            #expect(reply.text.isEmpty && reply.thought.isEmpty && !reply.calls.isEmpty)
            expectCalls(reply.calls)
        }
    }

    @Test func `a named tool is called, and no other`() async throws {
        let replies = try await run(request(.function("time")))
        #expect(replies.count > 4)
        for reply in replies {
            #expect(reply.text.isEmpty && !reply.calls.isEmpty)
            expectCalls(reply.calls, of: ["time"])
        }
    }

    @Test func `without parallel calls, a reply ends after the first`() async throws {
        for choice in [ToolChoice.required, .auto] {
            var request = request(choice)
            request.parallelToolCalls = false
            let replies = try await run(request)
            #expect(replies.contains { $0.calls.count == 1 })
            for reply in replies {
                #expect(reply.calls.count == 1 || choice == .auto && reply.calls.isEmpty)
                expectCalls(reply.calls)
            }
        }
    }

    @Test func `the model decides, and text has no call that is none`() async throws {
        let replies = try await run(request(.auto))
        #expect(replies.contains { !$0.calls.isEmpty && !$0.text.isEmpty })
        #expect(replies.contains { $0.calls.isEmpty })
        for reply in replies {
            #expect(!reply.text.contains("<tool_call>"))
            expectCalls(reply.calls)
        }
    }

    @Test func `with a format, a reply is a call or the text`() async throws {
        var request = request(.auto)
        request.structuredOutput = StructuredOutput(.regex("[a-z<>_]{1,20}"), param: "response_format")
        let replies = try await run(request)
        #expect(replies.contains { !$0.calls.isEmpty } && replies.contains { !$0.text.isEmpty })
        for reply in replies {
            #expect(reply.text.isEmpty != reply.calls.isEmpty)
            expectCalls(reply.calls)
        }
    }

    @Test(arguments: [false, true])
    func `a thought comes before the text where the template asks for one`(isSpecial: Bool) async throws {
        var (request, model) = (request(.none), RandomModel(isSpecialThought: isSpecial))
        let texts = [" yes", "no", "\nno", "<think>"]
        request.structuredOutput = StructuredOutput(.choices(texts), param: "response_format")
        for reply in try await run(request, model) { #expect(reply.thought.isEmpty && texts.contains(reply.text)) }
        model.thinks = true
        let replies = try await run(request, model)
        #expect(replies.contains { !$0.thought.isEmpty } && replies.contains { $0.thought.isEmpty })
        for reply in replies { #expect(texts.contains(reply.text)) }
    }

    @Test func `each token is counted once, however calls are cut`() async throws {
        var (whole, single) = (EngineLimits(), EngineLimits())
        (whole.jump, single.jump) = (true, false)
        for seed in 0..<10 {
            var request = request(.required, maxTokens: 20 + seed * 7)
            request.sampling.seed = seed
            var counts: [Int] = []
            for limits in [whole, single] {
                var count = 0
                for try await event in Engine(RandomModel(), name: "random", limits: limits).generate(request) {
                    count += event.tokenCount
                }
                counts.append(count)
            }
            #expect(counts[0] == counts[1] && counts[0] <= 20 + seed * 7)
        }
    }

    // MARK: Continued messages

    @Test func `a message is continued as the answer demands`() async throws {
        var request = request(.none)
        request.structuredOutput = StructuredOutput(.regex("(abc)+d"), param: "response_format")
        request.messages.append(.assistant("abcab"))
        request.continuesFinalMessage = true
        let replies = try await run(request)
        #expect(!replies.isEmpty)
        for reply in replies { #expect(reply.text.hasPrefix("c") && reply.text.hasSuffix("d")) }
        request.messages[1] = .assistant("abd")
        let error = await #expect(throws: BackendError.self) { try await run(request) }
        #expect(error?.error.param == "messages[1].content" && error?.error.status == 400)
        request.structuredOutput = nil
        (request.tools, request.toolChoice) = (Self.tools, .required)
        let refused = await #expect(throws: BackendError.self) { try await run(request) }
        #expect(refused?.error.param == "messages[1].content")
    }

    @Test func `equal requests share a grammar`() throws {
        let constraints = ReplyConstraints(RandomModel())
        var reply = ReplyGrammar()
        reply.thought = ReplyGrammar.Delimiters("<think>", "</think>")
        reply.content = try Constraint(.choices(["a"]))
        let first = try constraints.constraint(of: reply)
        #expect(try constraints.constraint(of: reply) === first)
        for _ in 0..<ReplyConstraints.limit {
            var other = reply
            other.content = try Constraint(.choices(["a"]))
            #expect(try constraints.constraint(of: other) !== first)
        }
        #expect(try constraints.constraint(of: reply) !== first)
        reply.thought = nil
        #expect(try constraints.constraint(of: reply) === reply.content)
    }
}
