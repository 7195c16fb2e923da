import ArgumentParser
import MartletModels
import MartletToy

/// The served model's id, weight format and threads.
struct ServedModelOptions: ParsableArguments {
    @Option(help: "The model's id. (default: the folder's name, or 'toy') [env: MARTLET_NAME]")
    var name: String?

    @Option(
        help: ArgumentHelp(
            "The format of the weights in memory: f32, f16 or q8. (default: f32) [env: MARTLET_WEIGHTS]",
            valueName: "format"))
    var weights: String?

    @Option(help: "Compute threads. (default: all processors but one) [env: MARTLET_THREADS]")
    var threads: Int?

    func validate() throws {
        if name == "" { throw ValidationError("--name needs an id; leave it out for the folder's name.") }
    }

    func name(of model: ModelOptions) -> String {
        name ?? Environment.value("MARTLET_NAME") ?? model.defaultName
    }

    /// Loads the model with the given options.
    ///
    /// - Throws: `ValidationError` for an unknown format or a number out of range, and errors of loading.
    func load(_ model: ModelOptions) throws -> ToyModel {
        let name = weights ?? Environment.value("MARTLET_WEIGHTS") ?? WeightFormat.f32.rawValue
        guard let format = WeightFormat(rawValue: name) else {
            let names = WeightFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("The weights must be one of \(names), but they are '\(name)'.")
        }
        let threads = try threads ?? Environment.number("MARTLET_THREADS") ?? ToyModel.defaultThreads
        guard (1...256).contains(threads) else {
            throw ValidationError("--threads must be within 1...256, but it is \(threads).")
        }
        var loaded = try model.load(weights: format)
        loaded.threads = threads
        return loaded
    }
}
