import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletUV
import Testing

@testable import Martlet

/// Streamed and whole responses are two folds of the same events.
struct ResponsesFormatTests {
    private static func fold(_ events: [StreamEvent], _ request: ResponseRequest, isStreamed: Bool) -> [UInt8] {
        let plan = ReplyFoldTests.plan(isStreamed: isStreamed, maxTokens: request.chat.maxTokens, showsTokens: true)
        var fold = ReplyFold(
            plan,
            format: ResponsesFormat(
                ResponseObject(id: plan.id, created: plan.created, model: plan.model, request), request))
        var bytes = isStreamed ? fold.opening : []
        for event in events { _ = fold.receive(event, promptIndex: 0, to: &bytes) }
        fold.end(promptIndex: 0, reason: nil, to: &bytes)
        guard isStreamed else { return fold.wholeReply() }
        fold.appendEnd(to: &bytes)
        return bytes
    }

    /// The events of a random reply, whose calls may alternate and may be cut anywhere.
    private static func events(using random: inout SplitMix64) -> [StreamEvent] {
        let texts = ["a", "b", "ab", "€", "\"\n", "😀"]
        /// What is left of the arguments of each call.
        var rests: [Substring] = []
        return (0..<Int.random(in: 0...16, using: &random)).map { _ in
            let text = texts.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<16, using: &random) {
            case 0..<4: return .text(text)
            case 4..<6:
                return .token(Token(id: 1, bytes: [0xE2, 0x82, 0xAC].shuffled(using: &random), logprob: -1))
            case 6..<9: return .reasoning(text)
            case 9..<11:
                rests.append(#"{"input":"x\n\u00e9"}"#)
                let name = Bool.random(using: &random) ? "f" : "c"
                return .toolCall(ToolCallFragment(index: rests.count - 1, id: "call_\(rests.count)", name: name))
            case 11..<15:
                guard let index = rests.indices.filter({ !rests[$0].isEmpty }).randomElement(using: &random) else {
                    return .text(text)
                }
                let piece = rests[index].prefix(Int.random(in: 1...30, using: &random))
                rests[index] = rests[index].dropFirst(piece.count)
                return .toolCall(ToolCallFragment(index: index, arguments: String(piece)))
            default: return .finish([.contentFilter, .length, .stop].randomElement(using: &random) ?? .stop)
            }
        }
    }

    @Test(arguments: [#""auto""#, "null"])
    func `an assembled stream equals the response that is not streamed`(summary: String) throws {
        var random = SplitMix64(seed: 5)
        let body = try JSONValue(
            parsing: Array(
                #"""
                {"input":"Hi","tools":[{"type":"custom","name":"c"},{"type":"function","name":"f"}],"max_output_tokens":12,
                "include":["message.output_text.logprobs","reasoning.encrypted_content"],"reasoning":{"summary":\#(summary)}}
                """#.utf8)
        ).object
        let request = try ResponseRequest(
            decoding: body ?? [:], model: "toy", capabilities: [.tools, .logprobs])
        var statuses: Set<String> = []
        for round in 0..<400 {
            let events = Self.events(using: &random)
            let stream = try ResponseStream(
                text: String(decoding: Self.fold(events, request, isStreamed: true), as: UTF8.self))
            let whole = try JSONValue(parsing: Self.fold(events, request, isStreamed: false))
            var (last, expected) = (try #require(stream.last?.object), try #require(whole.object))
            (last["completed_at"], expected["completed_at"]) = (nil, nil)
            #expect(last == expected, "round \(round): \(events)")
            let items = stream.events.filter { $0["type"] == "response.output_item.done" }.compactMap { $0["item"] }
            #expect(expected["output"] == .array(items))
            #expect(stream.events.indices.allSatisfy { stream.events[$0]["sequence_number"]?.number?.int == $0 })
            statuses.insert(expected["status"]?.string ?? "")
        }
        #expect(statuses == ["completed", "incomplete"])
    }

    @Test(arguments: [
        (#"{"input":"a\n"}"#, "a\n"), (#"{"input":"a"#, "a"), (#"{"input":"a\"#, "a"), (#"{"input":"a\u00e"#, "a"),
        (#"{"input":"\ud83d\ude0"#, ""), (#"{"input":"\ud83d\ude00"#, "😀"), (#"{"input":""#, ""),
        (#"{"inp"#, #"{"inp"#), ("", ""), ("free text", "free text"), (#"{"other":"a"}"#, #"{"other":"a"}"#),
        ("5", "5"),
    ])
    func `the input of a custom tool is read from its arguments as far as they go`(arguments: String, input: String) {
        var item = ResponseItem(
            .toolCall(index: 0, id: "call_a", name: "c"), of: "9f", index: 0, ResponseItem.Form(customTools: ["c"]))
        item.bytes = Array(arguments.utf8)
        #expect(item.customInput == input)
    }
}
