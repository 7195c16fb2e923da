/// What chats and plain completions have in common.
package protocol GenerationRequest: EndpointRequest {
    var stream: Bool { get set }
    var streamOptions: StreamOptions { get set }
    var sampling: SamplingParameters { get set }
    var stop: [String] { get set }
    var n: Int { get set }
    var returnsTokenIDs: Bool { get set }
}

extension GenerationRequest {
    /// Throws a 400 if the answer is to be over before it may end.
    func checkMinimumTokens(against maxTokens: Int?) throws(OpenAIError) {
        guard let maxTokens, sampling.minTokens > maxTokens else { return }
        throw .invalidValue(
            "min_tokens",
            "`min_tokens` must be at most \(maxTokens), the limit of the answer, but it is \(sampling.minTokens).")
    }
}
