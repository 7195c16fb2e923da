internal import CToyModel
public import Martlet
public import MartletEngine
public import MartletModels

/// A GPT-2 that chats, completes, embeds and tokenizes on the CPU. For development and tests: no GPU, key or network.
public typealias ToyBackend = Engine<ToyModel>

extension Engine<ToyModel> {
    /// Serves `model` under the id `toy`.
    public init(_ model: ToyModel) { self.init(model, name: "toy") }
}

/// A GPT-2 that is ready to be served: the embedded one, or one from a folder. Immutable, so it can be shared.
public struct ToyModel: Sendable {
    package let gpt2: GPT2Model
    /// The token that ends a message; nil for a vocabulary without ChatML's tokens.
    private let chatEndID: Int?
    /// What it writes around thoughts and calls; nil for a vocabulary without these tokens.
    public let reasoningDelimiters, toolCallDelimiters: OutputDelimiters?
    /// Nil for the embedded model.
    private var folder: String?
    /// Threads that share a forward pass. What is computed does not depend on it.
    public var threads = ToyModel.defaultThreads
    /// The pool of those threads, to share it with other models; nil: the model has its own.
    public var kernelPool: KernelPool?

    /// All processors but one, which is for the server's loops; at least one.
    public static var defaultThreads: Int { max(1, Workspace.processorCount - 1) }

    /// The model inside the binary: 3.95 M parameters, trained to hold a short conversation. Its numbers are F16.
    ///
    /// - Throws: `ModelLoadError`, which would be a fault of the build.
    public static func embedded(weights format: WeightFormat = .f16) throws(ModelLoadError) -> ToyModel {
        let model = try GPT2Model(
            configuration: ModelFile(
                name: "the embedded config.json", embedded: toy_model_config, count: toy_model_config_size),
            tokenizer: ModelFile(
                name: "the embedded tokenizer.json", embedded: toy_model_tokenizer, count: toy_model_tokenizer_size),
            weights: ModelFile(
                name: "the embedded model.safetensors", embedded: toy_model_weights, count: toy_model_weights_size),
            format: format)
        return ToyModel(model)
    }

    /// Reads a Hugging Face GPT-2 folder: `config.json`, `model.safetensors` (F32, F16 or BF16) and `tokenizer.json`, or
    /// without that `vocab.json` and `merges.txt`.
    ///
    /// - Throws: `ModelLoadError` when a file is missing, damaged, or not for a GPT-2.
    public init(folder: String, weights format: WeightFormat = .f32) throws(ModelLoadError) {
        self.init(try GPT2Model(folder: folder, weights: format))
        self.folder = folder
    }

    /// What a model was trained for is known from the tokens that `added_tokens` lists.
    private init(_ model: GPT2Model) {
        func has(_ delimiters: OutputDelimiters) -> Bool {
            [delimiters.opening, delimiters.closing].allSatisfy { model.tokenizer.id(ofAddedToken: $0) != nil }
        }
        let isChat = has(OutputDelimiters("<|im_start|>", "<|im_end|>"))
        gpt2 = model
        chatEndID = isChat ? model.tokenizer.id(ofAddedToken: "<|im_end|>") : nil
        reasoningDelimiters = isChat && has(.think) ? .think : nil
        toolCallDelimiters = isChat && has(.toolCall) ? .toolCall : nil
    }

    package var tokenizer: Tokenizer { gpt2.tokenizer }
}

extension ToyModel: LanguageModel {
    public struct Cache {
        let pages: KVCache
        let workspace: Workspace
    }

    public var configuration: LanguageModelConfiguration {
        let sizes = gpt2.configuration
        return LanguageModelConfiguration(
            vocabularySize: sizes.vocabularySize, contextLength: sizes.contextLength,
            endTokens: sizes.endIDs.union([chatEndID].compactMap(\.self)),
            specialTokens: tokenizer.specialIDs, hiddenSize: sizes.width,
            cacheBytesPerToken: gpt2.network.cacheShape.bytesPerToken)
    }

    public var details: ModelDetails {
        let count = gpt2.configuration.parameterCount
        let (name, bits) =
            switch gpt2.format {
            case .f32: ("F32", 32.0)
            case .f16: ("F16", 16.0)
            case .q8: ("Q8_0", 8.5)
            }
        let sizes = gpt2.configuration
        var details = ModelDetails(
            family: "gpt2", parameterCount: count, quantization: name, format: "safetensors",
            size: Int(Double(count) * bits / 8), embeddingLength: sizes.width)
        (details.vocabularySize, details.hiddenSize) = (sizes.vocabularySize, sizes.width)
        (details.layerCount, details.headCount) = (sizes.layerCount, sizes.headCount)
        (details.keyValueHeadCount, details.headSize) = (sizes.headCount, sizes.headWidth)
        (details.feedForwardSize, details.path) = (sizes.innerWidth, folder ?? "embedded")
        return details
    }

    public var capabilities: Capabilities { reasoningDelimiters == nil ? [] : .reasoning }

    /// - Precondition: `blockSize` is 16, the engine's.
    public func makeCache(blockCount: Int, blockSize: Int) -> Cache {
        precondition(blockSize == KVCache.blockSize, "the kernels know blocks of \(KVCache.blockSize)")
        return Cache(
            pages: KVCache(gpt2.network.cacheShape, blockCount: blockCount),
            workspace: Workspace(kernelPool ?? KernelPool(threads: threads)))
    }

    public func forward(_ batch: ForwardBatch, cache: inout Cache) -> ForwardOutput {
        let segments = batch.segments.map { GPT2.Segment($0.tokens, start: $0.start, blocks: $0.blocks) }
        let hidden = gpt2.network.forward(segments, cache.pages, cache.workspace)  // [T, d]
        let d = gpt2.configuration.width
        var asked: [Float] = []  // [rows, d]
        var output = ForwardOutput(logits: [])
        var row = 0
        for segment in batch.segments {
            let end = row + segment.tokens.count
            switch segment.output {
            case .nothing: break
            case .lastLogits: asked += hidden[(end - 1) * d..<end * d]
            case .allLogits: asked += hidden[row * d..<end * d]
            case .allHidden: output.hidden += hidden[row * d..<end * d]
            }
            row = end
        }
        output.logits = gpt2.network.logits(asked, cache.workspace)
        return output
    }

    public func encode(_ text: String, parsesSpecialTokens: Bool) -> [Int] {
        tokenizer.encode(text, parsingSpecialTokens: parsesSpecialTokens)
    }

    /// The model has logits for ids up to its own vocabulary size, and padding may follow the tokenizer's.
    public func bytes(of token: Int) -> [UInt8] { (try? tokenizer.decode(token)) ?? [] }

    /// The card's template where the vocabulary has ChatML's tokens. Tools and thinking need tokens of their own.
    public var chatTemplate: ChatTemplate {
        guard chatEndID != nil else { return .transcript }
        let mayThink = reasoningDelimiters != nil
        return ChatTemplate(
            rendersTools: toolCallDelimiters != nil, thinks: { mayThink && Self.asksForThought($0) },
            pieces: { request in
                ToyChat(
                    messages: request.messages, tools: request.toolChoice == .none ? [] : request.tools,
                    schema: request.structuredOutput?.source.schema, thinks: mayThink && Self.asksForThought(request),
                    isOpen: request.continuesFinalMessage, addsAnswer: request.addsGenerationPrompt
                ).pieces
            })
    }

    private static func asksForThought(_ request: ChatRequest) -> Bool {
        if request.chatTemplateKwargs["enable_thinking"] == true { return true }
        guard let effort = request.reasoningEffort else { return false }
        return effort != "none" && effort != "minimal"
    }
}
