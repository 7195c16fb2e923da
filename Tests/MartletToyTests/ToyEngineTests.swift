import Testing

@testable import MartletToy

struct ToyEngineTests {
    private let model = Fixture.model
    private var configuration: GPT2Configuration { model.network.configuration }

    @Test(arguments: Fixture.references)
    func `greedy tokens are those of transformers`(reference: Reference) throws {
        var engine = ToyEngine(model)
        let id = engine.generate(try prompt(reference.ids), sampling: .greedy, seed: 0, maximumTokens: 32)
        let (tokens, end) = run(&engine)[id] ?? ([], nil)
        let text = end == .stop ? Array(tokens.dropLast()) : tokens
        #expect(text == reference.continuation)
        #expect(end == .stop || tokens.count == 32)
        #expect(engine.isIdle)
    }

    @Test func `a generation gives the same tokens alone and among 31 others`() throws {
        let alone = try (0..<32).map { n in
            var engine = ToyEngine(model)
            let id = try submit(n, to: &engine)
            return try #require(run(&engine)[id]).tokens
        }
        #expect(Set(alone).count > 20)
        for chunk in [3, 64] {
            var limits = ToyEngine.Limits()
            limits.prefillTokens = chunk
            var engine = ToyEngine(model, limits: limits)
            let ids = try (0..<32).map { try submit($0, to: &engine) }
            let together = run(&engine)
            #expect(ids.map { together[$0]?.tokens ?? [] } == alone, "with \(chunk) prompt tokens a step")
        }
    }

    @Test func `the same seed gives the same tokens and another seed others`() throws {
        let texts = try ([7, 7, 8] as [UInt64]).map { seed in
            var engine = ToyEngine(model)
            let id = engine.generate(
                try prompt([496, 437, 271]), sampling: Sampling(temperature: 1.2, topP: 1), seed: seed,
                maximumTokens: 40)
            return try #require(run(&engine)[id]).tokens
        }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
    }

    @Test func `a long prompt does not stall those that run`() throws {
        var engine = ToyEngine(model)
        let first = engine.generate(try prompt([496, 437]), sampling: .greedy, seed: 0, maximumTokens: 20)
        #expect(tokens(of: first, in: engine.step()) == 1)
        let long = engine.generate(
            try prompt(Array(repeating: 5, count: 200)), sampling: .greedy, seed: 0, maximumTokens: 1)
        for _ in 0..<3 {
            let results = engine.step()
            #expect(tokens(of: first, in: results) == 1)
            #expect(tokens(of: long, in: results) == 0)
        }
        #expect(tokens(of: long, in: engine.step()) == 1)
    }

    @Test func `more generations than may run wait for their turn`() throws {
        var limits = ToyEngine.Limits()
        limits.running = 2
        var engine = ToyEngine(model, limits: limits)
        let ids = try (0..<5).map { _ in
            engine.generate(try prompt([496]), sampling: .greedy, seed: 0, maximumTokens: 3)
        }
        #expect(engine.waitingCount == 5)
        let firsts = engine.step().compactMap(id)
        #expect(firsts == Array(ids.prefix(2)))
        #expect((engine.runningCount, engine.waitingCount) == (2, 3))
        let rest = run(&engine)
        #expect(ids.dropFirst(2).allSatisfy { rest[$0]?.tokens.count == 3 })
    }

    @Test func `a cancelled generation says nothing more, waiting or running`() throws {
        var limits = ToyEngine.Limits()
        limits.running = 1
        var engine = ToyEngine(model, limits: limits)
        let running = engine.generate(try prompt([496]), sampling: .greedy, seed: 0)
        let waiting = engine.generate(try prompt([496]), sampling: .greedy, seed: 0)
        let job = engine.embed([try prompt([1])])
        _ = engine.step()
        engine.cancel(running)
        engine.cancel(waiting)
        engine.cancel(job)
        #expect(engine.isIdle)
        #expect(engine.step() == [])
    }

    @Test func `a held generation stands still and then goes on as if nothing had been`() throws {
        var engine = ToyEngine(model)
        let id = engine.generate(try prompt([496, 437]), sampling: .greedy, seed: 0, maximumTokens: 5)
        let first = engine.step()
        #expect(engine.step(holding: [id]) == [])
        #expect(engine.runningCount == 1)
        var other = ToyEngine(model)
        _ = other.generate(try prompt([496, 437]), sampling: .greedy, seed: 0, maximumTokens: 5)
        #expect(first == other.step())
        #expect(engine.step() == other.step())
    }

    @Test func `a full context ends a generation with length`() throws {
        var engine = ToyEngine(model)
        let full = engine.generate(
            try prompt(Array(repeating: 5, count: 255)), sampling: .greedy, seed: 0, maximumTokens: 9)
        let (tokens, end) = try #require(run(&engine)[full])
        #expect(tokens.count == 1)
        #expect(end == .length || model.endIDs.contains(tokens[0]))
    }

    @Test func `a prompt that leaves no room, has no tokens or unknown ones is refused`() {
        #expect(throws: PromptError.tooLong(count: 256, limit: 255)) { try prompt(Array(repeating: 5, count: 256)) }
        #expect(throws: PromptError.empty) { try prompt([]) }
        #expect(throws: PromptError.unknownToken(1680)) { try prompt([5, 1680]) }
        #expect(throws: PromptError.unknownToken(-1)) { try prompt([-1]) }
        #expect(throws: Never.self) { try TokenPrompt(Array(repeating: 5, count: 256), room: 0, in: configuration) }
    }

    @Test func `embeddings are those of transformers, one and many, at every chunk size`() throws {
        for chunk in [1, 5, 64, 1000] {
            var limits = ToyEngine.Limits()
            limits.embeddingTokens = chunk
            var engine = ToyEngine(model, limits: limits)
            let inputs = try Fixture.references.map { try TokenPrompt($0.ids, room: 0, in: configuration) }
            let job = engine.embed(inputs)
            var vectors: [[Float]] = []
            while !engine.isIdle {
                for case .embedding(job, let input, let vector) in engine.step() {
                    #expect(input == vectors.count)
                    vectors.append(vector)
                }
            }
            #expect(vectors.count == inputs.count)
            for (vector, reference) in zip(vectors, Fixture.references) {
                #expect(vector.count == 192)
                #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
                for (value, expected) in zip(vector, reference.embedding) {
                    #expect(abs(Double(value) - expected) < 1e-4)
                }
            }
        }
    }

    @Test func `streams go on at every step while two jobs embed in turns`() throws {
        var engine = ToyEngine(model)
        let inputs = try (0..<30).map { n in
            try TokenPrompt(Array(repeating: n, count: 40), room: 0, in: configuration)
        }
        let jobs = [engine.embed(inputs), engine.embed([inputs[0]])]
        let stream = engine.generate(try prompt([496]), sampling: .greedy, seed: 0, maximumTokens: 15)
        var order: [JobID] = []
        for _ in 0..<15 {
            let results = engine.step()
            #expect(tokens(of: stream, in: results) == 1)
            order += results.compactMap(id).filter { $0 != stream }
        }
        #expect(order.prefix(3) == [jobs[0], jobs[1], jobs[0]])
        #expect(order.count == 1 + 14 * 64 / 40)
    }

    @Test func `a job without inputs leaves nothing to do`() {
        var engine = ToyEngine(model)
        _ = engine.embed([])
        #expect(engine.isIdle)
    }

    private func prompt(_ ids: [Int]) throws(PromptError) -> TokenPrompt {
        try TokenPrompt(ids, room: 1, in: configuration)
    }

    /// The n-th of 32 different requests: stories of 1 to 68 tokens to go on with, greedy and sampled.
    private func submit(_ n: Int, to engine: inout ToyEngine) throws -> JobID {
        let story = Fixture.references[0].ids + Fixture.references[0].continuation
        let ids = (0..<n % 2).flatMap { _ in story } + story.prefix(n + 1)
        let sampling = n % 3 == 0 ? Sampling.greedy : Sampling(temperature: 0.9, topP: n % 3 == 1 ? 1 : 0.8)
        return engine.generate(try prompt(ids), sampling: sampling, seed: UInt64(n), maximumTokens: 12)
    }

    private func run(_ engine: inout ToyEngine) -> [JobID: (tokens: [Int], end: StepResult.End?)] {
        var all: [JobID: (tokens: [Int], end: StepResult.End?)] = [:]
        while !engine.isIdle {
            for case .token(let id, let token, let end) in engine.step() {
                all[id, default: ([], nil)].tokens.append(token)
                all[id]?.end = end
            }
        }
        return all
    }

    private func tokens(of job: JobID, in results: [StepResult]) -> Int {
        results.count { id($0) == job }
    }

    private func id(_ result: StepResult) -> JobID? {
        switch result {
        case .token(let id, _, _), .embedding(let id, _, _): id
        }
    }
}
