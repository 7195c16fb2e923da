import Martlet
import MartletConstraint
import MartletEngine
import MartletToy

/// What a constraint costs: the same tokens of the embedded toy, with and without one that they follow.
struct ConstraintBench {
    let streams: Int

    /// The time of a step in microseconds, the best of some rounds, without and with the constraint.
    func run() async throws -> (free: Double, constrained: Double) {
        var limits = EngineLimits()
        // One token a step, as without a constraint.
        (limits.running, limits.jump) = (streams, false)
        var model = try ToyModel.embedded()
        model.threads = 1
        let engine = ToyBackend(model, name: "toy", limits: limits)
        var best = (free: Double.infinity, constrained: Double.infinity)
        // Text in a JSON string, where nearly all tokens are allowed, and structure, where nearly none is.
        let source = ConstraintSource.gbnf(#"root ::= "[" ("\"" [^"\\\x00-\x1F\x7F]{0,9} "\"" ", ")* "]""#)
        for _ in 0..<7 {
            best.free = min(best.free, try await stepTime(engine, nil))
            best.constrained = min(best.constrained, try await stepTime(engine, source))
        }
        await engine.shutdown()
        return best
    }

    private func stepTime(_ engine: ToyBackend, _ source: ConstraintSource?) async throws -> Double {
        let before = engine.counters
        var request = TokenRequest(
            model: "toy", promptTokenIDs: engine.encode("Once upon a time", model: "toy"), maxTokens: 100, n: streams)
        (request.sampling.temperature, request.sampling.seed) = (1, 1)
        request.sampling.ignoresEndOfText = true
        request.structuredOutput = source.map { StructuredOutput($0, param: "response_format") }
        try await engine.generateFromTokens(request, to: StreamSink { _ in })
        let after = engine.counters
        return (after.stepTime - before.stepTime) / .microseconds(1) / Double(after.steps - before.steps)
    }
}
