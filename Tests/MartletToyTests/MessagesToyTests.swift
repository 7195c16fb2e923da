import Martlet
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletToy

/// The toy through Anthropic's API, where other APIs have nothing to agree with.
struct MessagesToyTests {
    @Test func `a count is the tokens of the prompt, and a prefill is continued`() async throws {
        try await withToy { client, _ in
            let question = #""messages":[{"role":"user","content":"What is the capital of France?"}"#
            let count = try await client.ask(.post, "/v1/messages/count_tokens", body: "{\(question)]}").json()
            let body = #"{"max_tokens":20,"temperature":0,\#(question)"#
            let reply = try await client.ask(.post, "/v1/messages", body: "\(body)]}").json()
            let usage = reply["usage"]
            let prompt = ["input_tokens", "cache_read_input_tokens"].reduce(0) { $0 + (usage?[$1]?.number?.int ?? -99) }
            #expect(count == ["input_tokens": .number(JSONNumber(prompt))])
            let text = try #require(reply["content"]?[0]?["text"]?.string)
            let beginning = "The capital"
            #expect(text.hasPrefix(beginning))
            let rest = try await client.ask(
                .post, "/v1/messages", body: "\(body),{\"role\":\"assistant\",\"content\":\"\(beginning)\"}]}"
            ).json()
            #expect(rest["content"]?[0]?["text"]?.string.map { beginning + $0 } == text)
        }
    }

    @Test func `a prompt that leaves no room is too long in Anthropic's words, and a long limit is not`() async throws {
        try await withShortToy { client in
            let long = try await client.ask(
                .post, "/v1/messages",
                body:
                    #"{"max_tokens":9,"messages":[{"role":"user","content":"\#(String(repeating: "x ", count: 999))"}]}"#
            )
            #expect(long.code == 400)
            #expect(try long.json()["error"]?["message"]?.string?.hasPrefix("prompt is too long: ") == true)
            let open = try await client.ask(
                .post, "/v1/messages",
                body: #"{"max_tokens":16384,"messages":[{"role":"user","content":"Say hello."}]}"#)
            #expect(open.code == 200)
        }
    }
}
