import CToyKernels
import CToyModel

/// A GPT-2 that is loaded and ready to run: weights, tokenizer and chat template. Immutable, so it can be shared.
public struct ToyModel: Sendable {
    package let network: GPT2
    package let tokenizer: Tokenizer
    package let template: ChatTemplate
    /// Tokens that end a text, be it a completion or an answer.
    package let endIDs: Set<Int>
    /// How its matrices are held.
    package let format: WeightFormat
    /// Whether it was trained to think when it is asked to.
    package let thinks: Bool
    /// Threads that share a forward pass. What is computed does not depend on it.
    public var threads = ToyModel.defaultThreads

    /// All processors but one, which is for the server's loops; at least one.
    public static var defaultThreads: Int { max(1, toy_processors() - 1) }

    /// The model inside the binary: 2.15 M parameters, trained to hold a short conversation.
    ///
    /// - Throws: `ToyModelError`, which would be a fault of the build.
    public static func embedded(weights format: WeightFormat = .f32) throws(ToyModelError) -> ToyModel {
        let configuration = try GPT2Configuration(
            ModelFile(name: "the embedded config.json", embedded: toy_model_config, count: toy_model_config_size))
        let tokenizer = try Tokenizer(
            ModelFile(
                name: "the embedded tokenizer.json", embedded: toy_model_tokenizer, count: toy_model_tokenizer_size))
        let weights = try Safetensors(
            ModelFile(
                name: "the embedded model.safetensors", embedded: toy_model_weights, count: toy_model_weights_size))
        return try ToyModel(
            configuration, tokenizer, GPT2(configuration, weights, weights: format), format, thinks: true)
    }

    /// Reads a Hugging Face GPT-2 folder: `config.json`, `model.safetensors` (F32, F16 or BF16) and `tokenizer.json`, or
    /// without that `vocab.json` and `merges.txt`.
    ///
    /// - Throws: `ToyModelError` when a file is missing, damaged, or not for a GPT-2.
    public init(folder: String, weights format: WeightFormat = .f32) throws(ToyModelError) {
        let configuration = try GPT2Configuration(ModelFile(path: folder + "/config.json"))
        let tokenizer = try Self.tokenizer(folder: folder)
        let weights = try Safetensors(ModelFile(path: folder + "/model.safetensors"))
        try self.init(configuration, tokenizer, GPT2(configuration, weights, weights: format), format, thinks: false)
    }

    private static func tokenizer(folder: String) throws(ToyModelError) -> Tokenizer {
        let isOld = !ModelFile.exists(folder + "/tokenizer.json") && ModelFile.exists(folder + "/vocab.json")
        guard isOld else { return try Tokenizer(ModelFile(path: folder + "/tokenizer.json")) }
        return try Tokenizer(
            vocabulary: ModelFile(path: folder + "/vocab.json"), merges: ModelFile(path: folder + "/merges.txt"))
    }

    private init(
        _ configuration: GPT2Configuration, _ tokenizer: Tokenizer, _ network: GPT2, _ format: WeightFormat,
        thinks: Bool
    ) throws(ToyModelError) {
        guard tokenizer.vocabularySize <= configuration.vocabularySize else {
            throw ToyModelError(
                "tokenizer.json has tokens up to \(tokenizer.vocabularySize - 1), config.json a vocab_size of "
                    + "\(configuration.vocabularySize)")
        }
        self.network = network
        self.format = format
        self.thinks = thinks
        self.tokenizer = tokenizer
        template = ChatTemplate(for: tokenizer)
        endIDs = configuration.endIDs.union([template.endID].compactMap(\.self))
    }
}
