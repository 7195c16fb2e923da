import ArgumentParser
import Martlet
import MartletEngine
import MartletModels
import MartletToy

/// The served models: what each is, and what they share.
struct ServedModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A folder with a Hugging Face GPT-2, or 'embedded'; repeatable. Append id=, alias=, weights=, running= or \
            kv-memory= for this model, as in ./gpt2,id=gpt2,weights=q8. (default: the embedded model) \
            [env: MARTLET_MODEL]
            """, valueName: "folder"))
    var model: [String] = []

    @Option(help: "The only model's id. (default: the folder's name, or 'toy') [env: MARTLET_NAME]")
    var name: String?

    @Option(
        help: ArgumentHelp(
            """
            The model of requests that name none. (default: the only model; none if there are several) \
            [env: MARTLET_DEFAULT_MODEL]
            """, valueName: "id"))
    var defaultModel: String?

    @Option(
        help: ArgumentHelp(
            """
            The format of the weights in memory: f32, f16 or q8. Beside f16 and q8, keys and values are F16. (default: \
            f16 for the embedded model, f32 for others) [env: MARTLET_WEIGHTS]
            """, valueName: "format"))
    var weights: String?

    @Option(help: "Compute threads of all models together. (default: all processors but one) [env: MARTLET_THREADS]")
    var threads: Int?

    func validate() throws {
        if name == "" { throw ValidationError("--name needs an id; leave it out for the folder's name.") }
        for text in model { _ = try ModelSpecification(text) }
        if defaultModel == "" { throw ValidationError("--default-model needs the id of a model.") }
    }

    /// The models as they are asked for, each with an id.
    ///
    /// - Throws: `ValidationError` for a malformed variable, and for one name of several models.
    func specifications() throws -> [ModelSpecification] {
        let texts = model.isEmpty ? [Environment.value("MARTLET_MODEL") ?? "embedded"] : model
        var models = try texts.map { try ModelSpecification($0) }
        if let name = name ?? Environment.value("MARTLET_NAME") {
            guard models.count == 1 else {
                throw ValidationError("--name is for one model; with several, write id= behind each --model.")
            }
            models[0].id = models[0].id ?? name
        }
        return models
    }

    /// - Throws: `ValidationError` for a value that is not a number or out of range.
    func threadCount() throws -> Int {
        let threads = try threads ?? Environment.number("MARTLET_THREADS") ?? ToyModel.defaultThreads
        guard (1...256).contains(threads) else {
            throw ValidationError("--threads must be within 1...256, but it is \(threads).")
        }
        return threads
    }

    /// Loads the models with the given options, each an engine of its own on one pool of threads.
    ///
    /// - Throws: `ValidationError` for an unknown format or a number out of range, and errors of loading.
    func load(_ models: [ModelSpecification], limits: LimitOptions) throws -> [ToyBackend] {
        let threads = try threadCount()
        let pool = KernelPool(threads: threads)
        return try models.map { model in
            let name = model.weights ?? weights ?? Environment.value("MARTLET_WEIGHTS")
            let format = name.flatMap(WeightFormat.init)
            if let name, format == nil {
                let names = WeightFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("The weights must be one of \(names), but they are '\(name)'.")
            }
            let engineLimits = try limits.engineLimits(running: model.running, kvMemory: model.kvMemory)
            var loaded = try model.load(weights: format)
            loaded.threads = threads
            loaded.kernelPool = pool
            return ToyBackend(loaded, name: model.servedID, limits: engineLimits)
        }
    }
}
