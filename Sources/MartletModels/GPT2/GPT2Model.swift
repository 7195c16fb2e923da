/// A GPT-2 that is loaded and ready to run: weights, tokenizer, end tokens. Immutable, so it can be shared.
package struct GPT2Model: Sendable {
    package let network: GPT2
    package let tokenizer: Tokenizer
    /// How the matrices are stored in memory.
    package let format: WeightFormat

    package var configuration: GPT2Configuration { network.configuration }

    /// Reads a Hugging Face GPT-2 folder: `config.json`, `model.safetensors` (F32, F16 or BF16) and what `Tokenizer` reads.
    ///
    /// - Throws: `ModelLoadError` when a file is missing, damaged, or not for a GPT-2.
    package init(folder: String, weights format: WeightFormat = .f32) throws(ModelLoadError) {
        let configuration = try GPT2Configuration(ModelFile(path: folder + "/config.json"))
        let tokenizer = try Tokenizer(folder: folder)
        let weights = try Safetensors(ModelFile(path: folder + "/model.safetensors"))
        try self.init(configuration, tokenizer, weights, format)
    }

    /// Reads the same three files from memory or from other paths.
    ///
    /// - Throws: `ModelLoadError` when one is damaged or not for a GPT-2.
    package init(
        configuration: ModelFile, tokenizer: ModelFile, weights: ModelFile, format: WeightFormat
    ) throws(ModelLoadError) {
        try self.init(GPT2Configuration(configuration), Tokenizer(tokenizer), Safetensors(weights), format)
    }

    private init(
        _ configuration: GPT2Configuration, _ tokenizer: Tokenizer, _ weights: Safetensors, _ format: WeightFormat
    ) throws(ModelLoadError) {
        network = try GPT2(configuration, weights, weights: format)
        guard tokenizer.vocabularySize <= configuration.vocabularySize else {
            throw ModelLoadError(
                "tokenizer.json has tokens up to \(tokenizer.vocabularySize - 1), config.json a vocab_size of "
                    + "\(configuration.vocabularySize)")
        }
        self.tokenizer = tokenizer
        self.format = format
    }
}
