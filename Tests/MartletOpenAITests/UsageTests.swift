import MartletJSON
import MartletOpenAI
import Testing

struct UsageTests {
    private func json(_ usage: Usage) -> String {
        var writer = JSONWriter()
        writer.value(usage)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `the total is the sum`() {
        #expect(
            json(Usage(promptTokens: 9, completionTokens: 3))
                == #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#)
    }

    @Test func `known cached tokens are a detail of the prompt`() {
        let text = json(Usage(promptTokens: 9, completionTokens: 3, cachedTokens: 0))
        #expect(text.hasSuffix(#","prompt_tokens_details":{"cached_tokens":0}}"#))
    }
}
