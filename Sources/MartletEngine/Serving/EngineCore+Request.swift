extension EngineCore {
    /// The state of a request.
    struct Request {
        let spec: EngineRequest
        /// Whether a generation of it has taken part in a step.
        var hasStarted = false
        /// The choices that have begun and not ended. Those after the first begin when its prompt is in the cache.
        var open: Set<Generation.ID> = []
        /// The prompt's tokens that are scored so far.
        var scored: [SampledToken] = []
        /// The sum of the hidden states of the prompt's first `summedCount` tokens.
        var sum: [Float] = []
        var summedCount = 0
    }

    /// The request and the choice that a generation belongs to.
    struct Owner {
        let request: EngineRequest.ID
        let choice: Int
    }
}
