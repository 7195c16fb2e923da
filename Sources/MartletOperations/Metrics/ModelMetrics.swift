internal import Martlet
internal import MartletHTTP
internal import MartletOpenAI
internal import MartletUV

/// What is counted of the requests that a model has worked on, by model, under vLLM's names.
struct ModelMetrics: Sendable {
    private struct ModelKey: SeriesKey {
        static let other = ModelKey(model: "other")
        let model: String
        var labels: Labels { ["model_name": model] }
    }

    private struct FinishKey: SeriesKey {
        static let other = FinishKey(model: "other", reason: "other")
        let model, reason: String
        var labels: Labels { ["model_name": model, "finished_reason": reason] }
    }

    private struct Totals: Sendable {
        var promptTokens = 0
        var generationTokens = 0
        var firstToken = Histogram(.firstToken)
        var perOutputToken = Histogram(.perToken)
        var latency = Histogram(.request)
        var queue = Histogram(.request)
        var prefill = Histogram(.request)
        var decode = Histogram(.request)
        var inference = Histogram(.request)
        var prompt = Histogram(.tokens)
        var generation = Histogram(.tokens)
        var choices = Histogram(.choices)
        var maxTokens = Histogram(.tokens)

        /// Adds a request whose client got its whole response.
        mutating func add(complete generation: GenerationFacts, lasting duration: Duration) {
            let usage = generation.usage
            latency.record(duration)
            prompt.record(usage.promptTokens)
            generationDidEnd(generation, tokens: usage.completionTokens)
        }

        private mutating func generationDidEnd(_ facts: GenerationFacts, tokens: Int) {
            // Embeddings have no events.
            guard facts.finishReason != nil else { return }
            generation.record(tokens)
            choices.record(facts.choices)
            if let limit = facts.requestedMaxTokens { maxTokens.record(limit) }
            guard let first = facts.firstEvent, let last = facts.lastEvent else { return }
            let start = facts.arrival + (facts.queueWait ?? .zero)
            prefill.record(first - start)
            decode.record(last - first)
            inference.record(last - start)
            let others = max(0, tokens) - facts.choices
            if others > 0 { perOutputToken.record((last - first).nanoseconds / others) }
        }
    }

    private var models = SeriesTable<ModelKey, Totals>(Totals())
    private var finishes = SeriesTable<FinishKey, Int>(0)

    /// Makes the series of a model appear before its first request.
    mutating func add(model: String) {
        models.update(ModelKey(model: model)) { _ in }
        for reason in ["stop", "length", "abort", "error"] {
            finishes.update(FinishKey(model: model, reason: reason)) { _ in }
        }
    }

    mutating func record(_ record: RequestRecord, _ generation: GenerationFacts, model: String) {
        let isComplete = record.error == nil && record.cancellation == nil && record.exchange.ending == .complete
        let reason =
            isComplete
            ? generation.finishReason?.rawValue ?? "stop"
            : record.error != nil && record.cancellation == nil ? "error" : "abort"
        finishes.update(FinishKey(model: model, reason: reason)) { $0 += 1 }
        models.update(ModelKey(model: model)) { totals in
            totals.promptTokens &+= max(0, generation.usage.promptTokens)
            totals.generationTokens &+= max(0, generation.usage.completionTokens)
            if let wait = generation.queueWait { totals.queue.record(wait) }
            if let first = generation.firstEvent { totals.firstToken.record(first - record.exchange.start) }
            if isComplete { totals.add(complete: generation, lasting: record.exchange.duration) }
        }
    }

    func write(to exposition: inout Exposition) {
        exposition.family("request_success_total", .counter, "Requests of models that ended, by reason.")
        for (labels, value) in finishes.series { exposition.sample(labels, value) }
        exposition.family("prompt_tokens_total", .counter, "Tokens of prompts, counted when requests end.")
        for (labels, value) in models.series { exposition.sample(labels, value.promptTokens) }
        exposition.family("generation_tokens_total", .counter, "Generated tokens, counted when requests end.")
        for (labels, value) in models.series { exposition.sample(labels, value.generationTokens) }
        for (name, help, histogram) in Self.histograms {
            exposition.family(name, .histogram, help)
            for (labels, totals) in models.series { totals[keyPath: histogram].write(labels, to: &exposition) }
        }
    }

    private static let histograms: [(name: String, help: String, any KeyPath<Totals, Histogram> & Sendable)] = [
        (
            "time_to_first_token_seconds", "From the first byte of a request to its first generated token.",
            \.firstToken
        ),
        (
            "request_time_per_output_token_seconds", "The mean time of a token after the first, by request.",
            \.perOutputToken
        ),
        (
            "e2e_request_latency_seconds", "From the first byte of a request to the last byte of its response.",
            \.latency
        ),
        ("request_queue_time_seconds", "How long requests waited for their model.", \.queue),
        ("request_prefill_time_seconds", "From the end of the wait to the first generated token.", \.prefill),
        ("request_decode_time_seconds", "From the first generated token to the last.", \.decode),
        ("request_inference_time_seconds", "From the end of the wait to the last generated token.", \.inference),
        ("request_prompt_tokens", "Tokens of prompts, by request.", \.prompt),
        ("request_generation_tokens", "Generated tokens, by request.", \.generation),
        ("request_params_n", "The number of choices that requests ask for.", \.choices),
        ("request_params_max_tokens", "The limit of tokens, of requests that have one.", \.maxTokens),
    ]
}
