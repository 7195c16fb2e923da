import MartletJSON
import MartletOpenAI
import MartletUV
import Testing

@testable import Martlet

/// A streamed reply and one that is not streamed are two folds of the same events, so they must have the same content.
struct ReplyAgreementTests {
    /// The content of a reply, streamed or not.
    private struct Content: Equatable {
        var choices: [Int: Choice] = [:]
        var usage: JSONValue?

        struct Choice: Equatable {
            var text = ""
            var ids: [JSONValue] = []
            /// One object for each token, in either format.
            var logprobs: [JSONValue] = []
            var reasoning = ""
            /// By index: id, name, arguments.
            var calls: [[String]] = []
            var finishReasons: [JSONValue] = []
        }
    }

    private struct Generation {
        var plan: ReplyPlan
        var events: [(promptIndex: Int, event: StreamEvent)]
    }

    private static func generation(using random: inout SplitMix64) -> Generation {
        let prompts = Int.random(in: 1...3, using: &random)
        let plan = ReplyFoldTests.plan(
            isStreamed: true, includesUsage: true, n: Int.random(in: 1...3, using: &random),
            promptTokens: (0..<prompts).map { _ in Int.random(in: 0...9, using: &random) },
            stop: Bool.random(using: &random) ? ["ab", "b€", "ba"] : [],
            maxTokens: Bool.random(using: &random) ? Int.random(in: 1...6, using: &random) : nil,
            showsTokens: true, echoes: Bool.random(using: &random))
        var calls: [Int: Int] = [:]
        var events = (0..<Int.random(in: 0...30, using: &random)).map { _ in
            let promptIndex = Int.random(in: 0..<prompts, using: &random)
            let choice = Int.random(in: 0..<plan.n, using: &random)
            let begun = calls[promptIndex * plan.n + choice, default: 0]
            let event = event(choice, callsBegun: begun, using: &random)
            if case .toolCall(let fragment) = event.kind {
                calls[promptIndex * plan.n + choice] = max(begun, fragment.index + 1)
            }
            return (promptIndex, event)
        }
        for promptIndex in 0..<prompts where Bool.random(using: &random) {
            events.insert((promptIndex, .prompt([Token(id: 1, bytes: [0xE2, 0x82]), token(using: &random)])), at: 0)
        }
        return Generation(plan: plan, events: events)
    }

    private static func event(_ choice: Int, callsBegun: Int, using random: inout SplitMix64) -> StreamEvent {
        let texts = ["a", "b", "ab", "c", "", "€", "\"\n", "😀"]
        let text = texts.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<9: return .text(text, choice: choice)
        case 9..<15: return .token(token(using: &random), choice: choice)
        case 15: return .reasoning(text, choice: choice, tokenCount: Int.random(in: 0...2, using: &random))
        case 16..<18:
            let index = Int.random(in: 0...callsBegun, using: &random)
            let isNew = index == callsBegun
            return .toolCall(
                ToolCallFragment(
                    index: index, id: isNew ? "call_\(index)" : nil, name: isNew ? "f" : nil, arguments: text),
                choice: choice)
        case 18:
            return .usage(
                promptTokens: Bool.random(using: &random) ? 40 : nil,
                completionTokens: Bool.random(using: &random) ? 50 : nil,
                cachedTokens: Bool.random(using: &random) ? 6 : nil)
        default: return .finish(.contentFilter, choice: choice)
        }
    }

    private static func token(using random: inout SplitMix64) -> Token {
        let bytes: [[UInt8]] = [[0x61], [0x62], [0xE2], [0x82], [0xAC], [], [0xFF], [0xE2, 0x82, 0xAC]]
        var token = Token(id: Int.random(in: 0...9, using: &random), bytes: bytes.randomElement(using: &random) ?? [])
        token.logprob = Float.random(in: -9...0, using: &random)
        token.topLogprobs = [.init(bytes: bytes.randomElement(using: &random) ?? [], logprob: -0.5)]
        return token
    }

    // MARK: Both ways

    private static func fold(_ generation: Generation, _ format: any ChoiceFormat, isStreamed: Bool) -> [UInt8] {
        var plan = generation.plan
        plan.isStreamed = isStreamed
        // Chats cannot echo their prompt.
        plan.echoes = plan.echoes && format is CompletionFormat
        var fold = ReplyFold(plan, format: format)
        var bytes: [UInt8] = []
        for (promptIndex, event) in generation.events { _ = fold.receive(event, promptIndex: promptIndex, to: &bytes) }
        for promptIndex in plan.prompts.indices { fold.end(promptIndex: promptIndex, reason: nil, to: &bytes) }
        guard isStreamed else { return fold.wholeReply() }
        fold.appendEnd(to: &bytes)
        return bytes
    }

    private static func streamed(_ bytes: [UInt8]) throws -> Content {
        var content = Content()
        for frame in try Frames(String(decoding: bytes, as: UTF8.self)).objects {
            content.usage = frame["usage"]
            for value in frame["choices"]?.array ?? [] {
                let choice = try #require(value.object)
                let index = try #require(choice["index"]?.number?.int)
                let delta = choice["delta"]?.object ?? choice
                try add(delta, of: choice, to: &content.choices[index, default: Content.Choice()])
            }
        }
        return content
    }

    private static func whole(_ bytes: [UInt8]) throws -> Content {
        let reply = try #require(try JSONValue(parsing: bytes).object)
        var content = Content(usage: reply["usage"])
        for value in reply["choices"]?.array ?? [] {
            let choice = try #require(value.object)
            let index = try #require(choice["index"]?.number?.int)
            #expect(content.choices[index] == nil)
            let message = choice["message"]?.object ?? choice
            try add(message, of: choice, to: &content.choices[index, default: Content.Choice()])
        }
        return content
    }

    /// Adds a delta, or a message, which is one delta with the whole content.
    private static func add(_ delta: JSONObject, of choice: JSONObject, to content: inout Content.Choice) throws {
        #expect(content.finishReasons.isEmpty, "nothing comes after the end")
        content.text += delta["content"]?.string ?? delta["text"]?.string ?? ""
        content.ids += delta["ids"]?.array ?? []
        content.ids += choice["token_ids"]?.array ?? []
        content.reasoning += delta["reasoning_content"]?.string ?? ""
        for (place, value) in (delta["tool_calls"]?.array ?? []).enumerated() {
            let call = try #require(value.object)
            let index = call["index"]?.number?.int ?? place
            if content.calls.count == index { content.calls.append(["", "", ""]) }
            let function = try #require(call["function"]?.object)
            let pieces = [call["id"], function["name"], function["arguments"]].map { $0?.string ?? "" }
            content.calls[index] = zip(content.calls[index], pieces).map { $0 + $1 }
        }
        content.logprobs += logprobs(of: choice)
        if let reason = choice["finish_reason"], !reason.isNull { content.finishReasons.append(reason) }
    }

    private static func logprobs(of choice: JSONObject) -> [JSONValue] {
        guard let logprobs = choice["logprobs"]?.object else { return [] }
        if let content = logprobs["content"]?.array { return content }
        let columns = ["tokens", "token_logprobs", "top_logprobs", "text_offset"].map { logprobs[$0]?.array ?? [] }
        #expect(Set(columns.map(\.count)).count == 1, "the four are of one length")
        return columns[0].indices.map { row in .array(columns.map { $0[row] }) }
    }

    @Test(
        arguments: [
            ChatFormat(), CompletionFormat(includesIDs: true), ChatFormat(topLogprobs: 1, includesTokenIDs: true),
            CompletionFormat(topLogprobs: 1, includesTokenIDs: true),
        ] as [any ChoiceFormat])
    func `an assembled stream equals the reply that is not streamed`(_ format: any ChoiceFormat) throws {
        var random = SplitMix64(seed: 3)
        for round in 0..<500 {
            let generation = Self.generation(using: &random)
            let streamed = try Self.streamed(Self.fold(generation, format, isStreamed: true))
            let whole = try Self.whole(Self.fold(generation, format, isStreamed: false))
            #expect(streamed == whole, "round \(round): \(generation)")
            #expect(whole.choices.count == generation.plan.n * generation.plan.prompts.count)
            #expect(whole.choices.values.allSatisfy { $0.finishReasons.count == 1 })
            #expect(whole.usage?.object?["total_tokens"] != nil)
        }
    }
}
