import Martlet
import MartletToy
import Testing

@testable import MartletEngine

struct EngineCoreTests {
    private static let toy: ToyModel = {
        do { return try ToyModel.embedded() } catch { preconditionFailure("\(error)") }
    }()
    private let story = toy.encode(
        "Once upon a time there was a little dog. It liked to run in the park. One day it found a ball.",
        parsesSpecialTokens: false)

    /// The results of one request.
    private struct Outcome: Equatable {
        var tokens: [Int: [Int]] = [:]
        var logprobs: [Int: [Float]] = [:]
        var ends: [Int: String] = [:]
        var prompt: [Float?] = []
        var cached: Int?
        var vector: [Float] = []
    }

    private func run<Model: LanguageModel>(
        _ core: inout EngineCore<Model>, into outcomes: inout [EngineRequest.ID: Outcome], steps: Int = .max
    ) {
        var left = steps
        while !core.isIdle, left > 0 {
            left -= 1
            for result in core.step() {
                switch result {
                case .token(let id, let choice, let token, let end):
                    outcomes[id, default: Outcome()].tokens[choice, default: []].append(token.token)
                    outcomes[id]?.logprobs[choice, default: []].append(token.logprob ?? 1)
                    if let end { outcomes[id]?.ends[choice] = "\(end)" }
                case .end(let id, let choice, _): outcomes[id, default: Outcome()].ends[choice] = "none"
                case .prompt(let id, let tokens): outcomes[id, default: Outcome()].prompt = tokens.map(\.logprob)
                case .cached(let id, let count): outcomes[id, default: Outcome()].cached = count
                case .embedding(let id, let vector): outcomes[id, default: Outcome()].vector = vector
                case .failed: Issue.record("there is no constraint")
                }
            }
        }
    }

    private func alone(_ request: EngineRequest, _ limits: EngineLimits = EngineLimits()) -> Outcome {
        var core = EngineCore(Self.toy, limits: limits)
        let id = core.generate(request)
        var outcomes: [EngineRequest.ID: Outcome] = [:]
        run(&core, into: &outcomes)
        return outcomes[id] ?? Outcome()
    }

    /// The n-th of many different requests: greedy and sampled, with and without penalties, choices, scores.
    private func request(_ n: Int) -> EngineRequest {
        var request = EngineRequest(prompt: Array(story.prefix(1 + n % story.count)))
        request.sampling.temperature = n % 3 == 0 ? 0 : 0.9
        request.sampling.topP = n % 3 == 1 ? 1 : 0.8
        request.sampling.topK = n % 4 == 0 ? 7 : 0
        request.sampling.frequencyPenalty = n % 5 == 0 ? 0.5 : 0
        request.sampling.repetitionPenalty = n % 7 == 0 ? 1.2 : 1
        request.maxTokens = 12
        request.choices = n % 6 == 0 ? 3 : 1
        request.topLogprobs = n % 2 == 0 ? 2 : nil
        request.scoresPrompt = n % 8 == 0
        request.seed = UInt64(n)
        return request
    }

    @Test
    func `a request gets the same result alone and among others, in chunks, from the cache and after a preemption`() {
        let alone = (0..<24).map { n in
            var outcome = self.alone(request(n))
            outcome.cached = nil
            return outcome
        }
        #expect(Set(alone.flatMap { $0.tokens.values }).count > 20)
        for (chunk, bytes) in [(3, 1 << 30), (64, 1 << 30), (16, 1)] {
            var limits = EngineLimits()
            limits.prefillTokens = chunk
            // One context: three of these requests do not fit at once.
            limits.cacheBytes = bytes
            var core = EngineCore(Self.toy, limits: limits)
            for round in 0..<2 {
                let ids = (0..<24).map { core.generate(request($0)) }
                var outcomes: [EngineRequest.ID: Outcome] = [:]
                run(&core, into: &outcomes)
                for (n, id) in ids.enumerated() {
                    outcomes[id]?.cached = nil
                    #expect(outcomes[id] == alone[n], "request \(n), chunks of \(chunk), round \(round)")
                }
            }
        }
    }

    @Test func `a prompt that is in the cache is not computed again`() {
        var core = EngineCore(Self.toy, limits: EngineLimits())
        var outcomes: [EngineRequest.ID: Outcome] = [:]
        let request = EngineRequest(prompt: story, maxTokens: 2)
        let first = core.generate(request)
        run(&core, into: &outcomes)
        let second = core.generate(request)
        run(&core, into: &outcomes)
        #expect(outcomes[first]?.cached == 0)
        #expect(outcomes[second]?.cached == (story.count - 1) / 16 * 16)
        #expect(outcomes[first]?.tokens == outcomes[second]?.tokens)
    }

    @Test func `choice 0 equals a lone choice, and the others differ`() {
        var request = EngineRequest(prompt: Array(story.prefix(8)), maxTokens: 20, seed: 3)
        request.sampling.temperature = 1.2
        let one = alone(request)
        request.choices = 3
        let three = alone(request)
        #expect(three.tokens[0] == one.tokens[0])
        #expect(Set(three.tokens.values).count == 3)
    }

    @Test func `scoring a text gives the log-probabilities of generating it`() {
        let generated = alone(
            EngineRequest(
                prompt: story, sampling: SamplingParameters(temperature: 0), maxTokens: 10, topLogprobs: 0))
        let continuation = generated.tokens[0] ?? []
        var request = EngineRequest(prompt: story + continuation, maxTokens: 0, topLogprobs: 0)
        request.scoresPrompt = true
        let scored = alone(request)
        #expect(scored.prompt.count == story.count + continuation.count)
        #expect(scored.prompt.first == .some(nil))
        #expect(scored.prompt.suffix(continuation.count).compactMap(\.self) == generated.logprobs[0])
        #expect(scored.ends == [0: "none"])
        #expect(scored.tokens.isEmpty)
    }

    @Test func `a full context ends a generation with length`() {
        let model = MarkovModel()
        var request = EngineRequest(prompt: Array(repeating: 5, count: model.configuration.contextLength - 6))
        request.sampling.ignoresEndOfText = true
        var core = EngineCore(model, limits: EngineLimits())
        let id = core.generate(request)
        var outcomes: [EngineRequest.ID: Outcome] = [:]
        run(&core, into: &outcomes)
        #expect(outcomes[id]?.tokens[0]?.count == 6)
        #expect(outcomes[id]?.ends == [0: "length"])
    }

    @Test func `an ignored end token is a token like any other`() {
        var request = EngineRequest(
            prompt: Self.toy.encode(
                "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", parsesSpecialTokens: true), maxTokens: 40)
        request.sampling.temperature = 0
        let usual = alone(request)
        request.sampling.ignoresEndOfText = true
        let ignoring = alone(request)
        #expect(usual.ends == [0: "stop"])
        #expect(ignoring.tokens[0]?.count == 40)
        #expect(ignoring.tokens[0]?.starts(with: usual.tokens[0] ?? []) == true)
    }

    @Test func `cancelled requests have no more results, waiting or running`() {
        var limits = EngineLimits()
        limits.running = 1
        var core = EngineCore(Self.toy, limits: limits)
        let ids = [core.generate(request(1)), core.generate(request(6)), core.embed(EngineRequest(prompt: story))]
        _ = core.step()
        for id in ids { core.cancel(id) }
        #expect(core.isIdle)
        #expect(core.step().isEmpty)
    }

    @Test func `embeddings do not depend on how the prompt is cut into steps`() {
        var vectors: Set<[Float]> = []
        for tokens in [1, 5, 16, 512] {
            var limits = EngineLimits()
            limits.tokensPerStep = tokens
            var core = EngineCore(Self.toy, limits: limits)
            var outcomes: [EngineRequest.ID: Outcome] = [:]
            let id = core.embed(EngineRequest(prompt: story))
            run(&core, into: &outcomes)
            vectors.insert(outcomes[id]?.vector ?? [])
        }
        #expect(vectors.count == 1)
        #expect(abs((vectors.first ?? []).reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }

    @Test func `a model without a cache is served like any other`() {
        let model = MarkovModel()
        var core = EngineCore(model, limits: EngineLimits())
        var outcomes: [EngineRequest.ID: Outcome] = [:]
        var request = EngineRequest(prompt: model.encode("abc", parsesSpecialTokens: false))
        request.sampling.temperature = 0
        let id = core.generate(request)
        run(&core, into: &outcomes)
        let text = String(decoding: (outcomes[id]?.tokens[0] ?? []).flatMap(model.bytes), as: UTF8.self)
        #expect(text == "defghijklmnopqrstuvwxyz .")
        #expect(outcomes[id]?.ends == [0: "stop"])
    }
}
