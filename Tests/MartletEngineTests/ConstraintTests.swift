import Foundation
import Martlet
import MartletConstraint
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletEngine

/// What a constrained completion promises, with a model of random weights.
@Suite(.timeLimit(.minutes(5)))
struct ConstraintTests {
    private let engine = Engine(RandomModel(), name: "random")
    private static let object = #"""
        root ::= "{\"name\": \"" [a-zé]{0,8} "\", \"list\":[" (number (", "? number)*)? "]}"
        number ::= [0-9]{1,3} | root
        """#
    private static let sources: [ConstraintSource] = [
        .regex("(ab|cd){2,9}[0-9]{3}"), .regex("[^a]{3,20}"), .choices(["yes", "yesterday", "no", "ééé"]),
        .gbnf(object),
    ]

    private func request(
        _ source: ConstraintSource, temperature: Double = 1.5, seed: Int = 0, maxTokens: Int = 60, n: Int = 1
    ) -> TokenRequest {
        var request = TokenRequest(model: "random", promptTokenIDs: [1, 2, 3 + seed % 7], maxTokens: maxTokens, n: n)
        request.structuredOutput = StructuredOutput(source, param: "response_format")
        (request.sampling.temperature, request.sampling.seed) = (temperature, seed)
        return request
    }

    private struct Choice: Equatable {
        var events: [StreamEvent] = []
        var text: String { String(decoding: events.compactMap(\.token).flatMap(\.text), as: UTF8.self) }
        var tokens: [Token] { events.compactMap(\.token) }
        var finish: FinishReason? { events.last?.finishReason }
    }

    private func run(_ request: TokenRequest, _ engine: Engine<RandomModel>? = nil) async throws -> [Choice] {
        var choices = [Choice](repeating: Choice(), count: request.n)
        for try await event in (engine ?? self.engine).generate(request) {
            if event.token != nil || event.finishReason != nil { choices[event.choice].events.append(event) }
        }
        return choices
    }

    private func accepts(_ source: ConstraintSource, _ text: String) throws -> Bool {
        let vocabulary = TokenVocabulary(tokens: [], endTokens: [])
        var matcher = try Constraint(source).matcher(for: vocabulary)
        return try matcher.consume(Array(text.utf8)) && matcher.isAccepting()
    }

    @Test(arguments: sources)
    func `each choice is what it must be at any temperature, or ends by its limit`(source: ConstraintSource)
        async throws
    {
        var complete = 0
        for seed in 0..<12 {
            for temperature in [0, 1.5] {
                for choice in try await run(request(source, temperature: temperature, seed: seed, n: 3)) {
                    if choice.finish == .length { continue }
                    #expect(choice.finish == .stop)
                    #expect(try accepts(source, choice.text), "\(choice.text)")
                    complete += 1
                }
            }
        }
        #expect(complete > 20)
    }

    @Test(arguments: sources)
    func `jumping changes nothing but the number of steps`(source: ConstraintSource) async throws {
        var limits = EngineLimits()
        limits.jump = false
        let slow = Engine(RandomModel(), name: "random", limits: limits)
        for seed in 0..<20 {
            var request = request(
                source, temperature: seed % 4 == 0 ? 0 : 1.2, seed: seed, maxTokens: 3 + seed * 3, n: 1 + seed % 3)
            request.bestOf = seed % 5 == 0 ? 5 : request.n
            request.topLogprobs = seed % 2 == 0 ? 3 : nil
            request.echo = seed % 3 == 0
            request.stop = seed % 6 == 1 ? ["li", "\","] : []
            request.sampling.minTokens = seed % 7
            request.sampling.frequencyPenalty = seed % 3 == 0 ? 0.5 : 0
            #expect(try await run(request) == run(request, slow))
        }
        if source == Self.sources[3] { #expect(engine.counters.steps < slow.counters.steps) }
    }

    @Test func `forced tokens have the probability 1, and others that among the allowed ones`() async throws {
        var request = request(.gbnf(Self.object), maxTokens: 30)
        request.topLogprobs = 4
        let forced = Array("{\"name\": ".utf8)
        for seed in 0..<10 {
            request.sampling.seed = seed
            var text: [UInt8] = []
            for token in try await run(request)[0].tokens {
                #expect((token.logprob ?? 1) <= 0)
                if text.count < 8 && forced.starts(with: text + token.bytes) && text.isEmpty {
                    #expect(token.logprob == 0 && token.topLogprobs.map(\.id) == [token.id])
                }
                text += token.bytes
            }
        }
        request = self.request(.regex("[ab]{6}"), temperature: 1)
        request.topLogprobs = 20
        for token in try await run(request)[0].tokens where !token.isSpecial {
            let texts = token.topLogprobs.map { String(decoding: $0.bytes, as: UTF8.self) }
            #expect(texts.count >= 2 && Set(texts).isSubset(of: ["a", "b", "ab"]))
            #expect(abs(token.topLogprobs.reduce(0) { $0 + exp(Double($1.logprob)) } - 1) < 1e-4)
        }
    }

    @Test func `a minimum, ignored end tokens and biases never leave nothing to choose`() async throws {
        for seed in 0..<10 {
            var request = request(.choices(["yes", "no"]), seed: seed)
            request.sampling.minTokens = 50
            request.sampling.logitBias = [Int(UInt8(ascii: "y")): -100, Int(UInt8(ascii: "n")): -100]
            request.sampling.stopTokenIDs = [7]
            var choice = try await run(request)[0]
            #expect(choice.finish == .stop && ["yes", "no"].contains(choice.text))
            request.sampling.ignoresEndOfText = true
            choice = try await run(request)[0]
            #expect(choice.finish == .stop && ["yes", "no"].contains(choice.text))
            request = self.request(.regex("x{1,20}"), seed: seed)
            request.sampling.ignoresEndOfText = true
            #expect(try await run(request)[0].text.count == 20)
            request.sampling.ignoresEndOfText = false
            request.sampling.minTokens = 9
            #expect(try await run(request)[0].text.count >= 9)
        }
    }

    @Test func `a generation that loses its blocks goes on where it was`() async throws {
        var (limits, model) = (EngineLimits(), RandomModel())
        (limits.cacheBytes, model.contextLength) = (1, 120)
        let small = Engine(model, name: "random", limits: limits)
        let requests = (0..<12).map {
            request(.regex("([a-z]{3}[0-9] name: ){20}"), temperature: 1, seed: $0, maxTokens: 100)
        }
        let together = try await withThrowingTaskGroup { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, try await run(request, small)) }
            }
            return try await group.reduce(into: [Int: [Choice]]()) { $0[$1.0] = $1.1 }
        }
        #expect(small.counters.preemptions > 0)
        for (index, request) in requests.enumerated() { #expect(try await run(request) == together[index]) }
    }

    @Test func `a stop string ends a constrained text, and the prompt is not constrained`() async throws {
        var request = request(.choices(["abcabc"]))
        request.stop = ["ca"]
        #expect(try await run(request)[0].text == "ab")
        request = self.request(.choices(["abc"]))
        (request.echo, request.topLogprobs) = (true, 1)
        let events = try await engine.generate(request).reduce(into: [StreamEvent]()) { $0.append($1) }
        #expect(events.compactMap(\.prompt).first?.count == 3)
    }

    @Test func `a model without an end token ends where nothing can follow`() async throws {
        var model = RandomModel()
        model.hasEnd = false
        let engine = Engine(model, name: "random")
        let choices = try await run(request(.choices(["yes", "no"]), n: 3), engine)
        for choice in choices { #expect(choice.finish == .stop && ["yes", "no"].contains(choice.text)) }
    }

    // MARK: Errors

    @Test func `a text that needs too many states ends with an error, and others go on`() async throws {
        var model = RandomModel()
        model.contextLength = 2000
        let engine = Engine(model, name: "random")
        var request = request(.gbnf(#"root ::= "(" root ")" | "x""#), maxTokens: 1000)
        request.sampling.logitBias = [Int(UInt8(ascii: "(")): 100]
        let error = await #expect(throws: BackendError.self) { try await run(request, engine) }
        #expect(error?.error.code == "constraint_too_complex" && error?.error.status == 400)
        #expect(try await run(self.request(.choices(["no"])), engine)[0].text == "no")
    }

    /// Demands nested brackets, as a server does that has decoded a request.
    private struct Nesting: CompletionBackend {
        let engine: Engine<RandomModel>

        func listModels() -> [Model] { ["random"] }

        func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
            var request = request
            request.structuredOutput = StructuredOutput(.gbnf(#"root ::= "(" root ")" | "x""#), param: "grammar")
            request.sampling.logitBias = [Int(UInt8(ascii: "(")): 100]
            try await engine.generateFromTokens(request, to: sink)
        }
    }

    @Test func `a stream of such a text ends with an error event`() async throws {
        var model = RandomModel()
        model.contextLength = 2000
        try await withServer(Nesting(engine: Engine(model, name: "random"))) { server in
            let client = try await RawClient(server)
            let body = #"{"prompt":[1,2],"max_tokens":1000,"stream":true}"#
            let events = try await client.ask(.post, "/v1/completions", body: body).events
            #expect(events.count > 100 && events.last == "data: [DONE]")
            #expect(events.dropLast().last?.contains(#""code":"constraint_too_complex""#) == true)
            await client.close()
        }
    }

    @Test func `what the vocabulary cannot write is an error`() async throws {
        let engine = Engine(MarkovModel(), name: "letters")
        var request = TokenRequest(model: "letters", promptTokenIDs: [1])
        request.structuredOutput = StructuredOutput(.regex("[0-9]"), param: "response_format")
        let error = await #expect(throws: BackendError.self) { for try await _ in engine.generate(request) {} }
        #expect(error?.error.code == "constraint_unsatisfiable")
        request.structuredOutput = StructuredOutput(.regex("("), param: "response_format")
        let malformed = await #expect(throws: BackendError.self) { for try await _ in engine.generate(request) {} }
        #expect(malformed?.error.param == "response_format")
    }
}
