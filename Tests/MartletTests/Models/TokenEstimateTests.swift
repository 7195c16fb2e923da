import Testing

@testable import Martlet

struct TokenEstimateTests {
    private func total(
        _ promptTokens: Int, bytes: Int = 0, max: Int?, choices: Int = 1, mean: Int = 100, context: Int? = nil
    ) -> Int {
        TokenEstimate(
            promptTokens: promptTokens, textBytes: bytes, maxTokens: max, choices: choices, meanReply: mean,
            contextLength: context
        ).total
    }

    @Test func `it is the prompt's tokens, or a quarter of its bytes, and the most tokens of all replies`() {
        #expect(total(7, bytes: 400, max: 5) == 12)
        #expect(total(0, bytes: 400, max: 5, choices: 3) == 115)
        #expect(total(7, max: nil, choices: 2) == 207)
        #expect(total(7, max: 100_000) == 100_007)
    }

    @Test func `no reply is longer than the context has room for`() {
        #expect(total(1000, max: 100_000, context: 1024) == 1024)
        #expect(total(1000, max: nil, choices: 2, context: 1024) == 1048)
        #expect(total(2000, max: 5, context: 1024) == 2000)
    }

    @Test func `the highest values do not overflow`() {
        #expect(total(7, max: .max, choices: .max) == 7 + TokenEstimate.highest / 2)
        #expect(total(.max, max: .max, choices: 2) == TokenEstimate.highest)
    }

    @Test func `a reply costs what its prompts cost together`() {
        let plan = ReplyPlan(
            id: "", model: "", created: 0, isStreamed: false, n: 2,
            prompts: [ReplyPlan.Prompt(tokenCount: 3, maxTokens: 10), ReplyPlan.Prompt(textSize: 40, maxTokens: 0)],
            stop: [])
        #expect(plan.estimate(meanReply: 1, contextLength: nil).total == 3 + 20 + 10)
    }

    @Test func `the mean of the replies follows them, and has bounds`() {
        var mean = MeanReply()
        #expect(mean.tokens == MeanReply.initial)
        mean.add(256 + 160)
        #expect(mean.tokens == 266)
        for _ in 0..<400 { mean.add(0) }
        #expect(mean.tokens <= 2)
        for _ in 0..<400 { mean.add(.max) }
        #expect((65_000...MeanReply.highest).contains(mean.tokens))
    }
}
