import ArgumentParser
import MartletToy

/// The model, for the commands that load one.
struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder with a Hugging Face GPT-2. (default: the embedded model) [env: MARTLET_MODEL]",
            valueName: "folder"))
    var model: String?

    /// The option, else the environment variable.
    private var folder: String? { model ?? Environment.value("MARTLET_MODEL") }

    func validate() throws {
        if model == "" { throw ValidationError("--model needs a folder; leave it out for the embedded model.") }
    }

    func load() throws -> ToyModel {
        if let folder { try ToyModel(folder: folder) } else { try ToyModel.embedded() }
    }
}
