import CBandwidth
import Foundation
import Martlet
import MartletEngine
import MartletModels
import MartletToy

/// `EngineBench FOLDER WEIGHTS THREADS`: how fast a GPT-2 runs, as llama.cpp's benches measure it: 64 tokens of each of 1,
/// 8 and 32 sequences, 512 of a prompt. One line a figure: what it is, tokens a second.
/// `EngineBench engine FOLDER WEIGHTS THREADS STREAMS`: how fast the engine is without a server, all streams at once.
/// `EngineBench constraint STREAMS`: the time of a step of the embedded toy, without and with a constraint.
/// `EngineBench bandwidth THREADS`: how fast memory can be read.
@main
struct EngineBench {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.count == 2, arguments[0] == "bandwidth", let threads = Int(arguments[1]), threads > 0 {
            print("bandwidth \(bandwidth(threads: threads))")
        } else if arguments.count == 2, arguments[0] == "constraint", let streams = Int(arguments[1]), streams > 0 {
            let times = try await ConstraintBench(streams: streams).run()
            print("constraint-\(streams) \(times.free) \(times.constrained)")
        } else if arguments.count == 5, arguments[0] == "engine", let format = WeightFormat(rawValue: arguments[2]),
            let threads = Int(arguments[3]), let streams = Int(arguments[4]), threads > 0, streams > 0
        {
            var model = try ToyModel(folder: arguments[1], weights: format)
            model.threads = threads
            print("engine-\(streams) \(try await engine(model, streams: streams))")
        } else if arguments.count == 3, let format = WeightFormat(rawValue: arguments[1]),
            let threads = Int(arguments[2]),
            threads > 0
        {
            var model = try ToyModel(folder: arguments[0], weights: format)
            model.threads = threads
            let bench = EngineBench(model: model)
            print("prefill-512 \(bench.prefill(512))")
            print("decode-1-empty \(bench.decode(1, prompt: 0))")
            for count in [1, 8, 32] { print("decode-\(count) \(bench.decode(count, prompt: 64))") }
        } else {
            FileHandle.standardError.write(
                Data(
                    "usage: EngineBench FOLDER f32|f16|q8 THREADS | engine FOLDER f32|f16|q8 THREADS STREAMS | constraint STREAMS | bandwidth THREADS\n"
                        .utf8))
            exit(2)
        }
    }

    let model: ToyModel

    /// Prompt tokens a second: a prompt of so many, in one step.
    private func prefill(_ count: Int) -> Double {
        let tokens = self.tokens(count, sequence: 0)
        var cache = makeCache(sequences: 1)
        return best(of: 2, count: count) {
            _ = step(&cache, [(0, 0, tokens[...])])
        }
    }

    /// Tokens a second over all sequences: 64 steps of one token each, the likeliest, after a prompt.
    private func decode(_ sequences: Int, prompt: Int) -> Double {
        var cache = makeCache(sequences: sequences)
        var next = (0..<sequences).map { tokens(prompt + 1, sequence: $0)[prompt] }
        for sequence in 0..<sequences where prompt > 0 {
            _ = step(&cache, [(sequence, 0, tokens(prompt, sequence: sequence)[...])])
        }
        return best(of: 2, count: 64 * sequences) {
            for position in prompt..<prompt + 64 {
                next = step(&cache, next.enumerated().map { ($0.offset, position, [$0.element]) })
            }
        }
    }

    /// Tokens a second of so many streams at once, of a prompt of 64 tokens and 64 generated ones each: what the server's
    /// benchmark asks for through HTTP.
    private static func engine(_ model: ToyModel, streams: Int) async throws -> Double {
        var limits = EngineLimits()
        limits.running = streams
        limits.cacheBytes = 4 << 30
        let engine = ToyBackend(model, name: "toy", limits: limits)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for stream in 0..<streams {
                let prompt = (0..<64).map { ($0 * 31 + stream * 1009 + 7) % 50000 }
                var request = TokenRequest(model: "toy", promptTokenIDs: prompt, maxTokens: 64)
                request.sampling.temperature = 0
                request.sampling.ignoresEndOfText = true
                let ready = request
                group.addTask { try await engine.generateFromTokens(ready, to: StreamSink { _ in }) }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        await engine.shutdown()
        return Double(streams * 64) / seconds
    }

    /// One step: each sequence's tokens, from a position on. Returns the likeliest token after each.
    private func step(
        _ cache: inout ToyModel.Cache, _ parts: [(sequence: Int, start: Int, tokens: ArraySlice<Int>)]
    ) -> [Int] {
        let blocks = model.configuration.contextLength / 16
        let segments = parts.map { part in
            ForwardBatch.Segment(
                tokens: part.tokens, start: part.start,
                blocks: Array(
                    (part.sequence * blocks..<(part.sequence + 1) * blocks).prefix(
                        (part.start + part.tokens.count + 15) / 16)),
                output: .lastLogits)
        }
        let logits = model.forward(ForwardBatch(segments: segments), cache: &cache).logits
        let vocabulary = model.configuration.vocabularySize
        return parts.indices.map { row in
            let values = logits[row * vocabulary..<(row + 1) * vocabulary]
            return (values.firstIndex(of: values.max() ?? 0) ?? values.startIndex) - values.startIndex
        }
    }

    private func makeCache(sequences: Int) -> ToyModel.Cache {
        model.makeCache(blockCount: sequences * model.configuration.contextLength / 16, blockSize: 16)
    }

    private func tokens(_ count: Int, sequence: Int) -> [Int] {
        (0..<count).map { ($0 * 7919 + sequence * 104_729 + 1) % model.configuration.vocabularySize }
    }

    /// The best of some rounds, of which the first warms up.
    private func best(of rounds: Int, count: Int, _ body: () -> Void) -> Double {
        let seconds = (0..<rounds).map { _ in ContinuousClock().measure(body) / .seconds(1) }
        return Double(count) / (seconds.min() ?? .infinity)
    }

    /// GB a second, of 256 MiB for each thread.
    private static func bandwidth(threads: Int) -> Double {
        let count = 64 << 20
        let memory = (0..<threads).map { _ in
            let part = UnsafeMutablePointer<Float>.allocate(capacity: count)
            part.initialize(repeating: 1, count: count)
            return UInt(bitPattern: part)
        }
        var best = 0.0
        for _ in 0..<10 {
            let time = ContinuousClock().measure {
                DispatchQueue.concurrentPerform(iterations: threads) { thread in
                    guard let part = UnsafePointer<Float>(bitPattern: memory[thread]) else { return }
                    precondition(bandwidth_sum(part, count) > 0)
                }
            }
            best = max(best, Double(threads * count * 4) / (time / .seconds(1)) / 1e9)
        }
        return best
    }
}
