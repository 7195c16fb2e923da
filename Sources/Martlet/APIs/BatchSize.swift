internal import MartletOpenAI

/// The limit on the number of generations or embeddings of one request.
extension Service {
    /// - Throws: A 400 that names the parameter to reduce, if the request exceeds `maximumBatchSize`.
    func checkBatchSize(prompts: Int = 1, named param: String = "prompt", choices: Int, bestOf: Int? = nil) throws {
        let limit = max(1, configuration.maximumBatchSize)
        let (factor, name) = bestOf.map { ($0, "best_of") } ?? (choices, "n")
        guard prompts * factor > limit else { return }
        if factor == 1 {
            throw OpenAIError.invalidValue(
                param,
                "`\(param)` has \(prompts) elements, and this server takes at most \(limit) in a request. "
                    + "Send them in several requests.")
        }
        let product = prompts == 1 ? "" : " for each of \(prompts) prompts, which makes \(prompts * factor) answers"
        let remedy =
            prompts == 1 ? "Send several requests." : "Send fewer prompts in a request, or a smaller `\(name)`."
        throw OpenAIError.invalidValue(
            name,
            "`\(name)` is \(factor)\(product), and this server generates at most \(limit) for a request. \(remedy)")
    }
}
