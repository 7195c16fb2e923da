import ArgumentParser
import Martlet

/// Compatibility with what clients of other servers expect.
struct CompatibilityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An alias of the only model; repeatable. (default: none) [env: MARTLET_ALIAS]",
            valueName: "name"))
    var alias: [String] = []

    @Flag(help: "Accept any model name. [env: MARTLET_ANY_MODEL]")
    var anyModel = false

    @Flag(help: "Reject unknown parameters, and suggest the closest name. [env: MARTLET_STRICT_PARAMS]")
    var strictParams = false

    @Flag(help: "Respond to '/' as Ollama does; always on port 11434. [env: MARTLET_OLLAMA_BANNER]")
    var ollamaBanner = false

    /// Applies options and environment variables to `configuration`.
    ///
    /// - Throws: `ValidationError` for a variable that is not a Boolean, and for aliases of no one model.
    func apply(to configuration: inout ServerConfiguration, models: [ModelSpecification]) throws {
        let aliases = alias.isEmpty ? Environment.list("MARTLET_ALIAS") : alias
        if models.count > 1 && !aliases.isEmpty {
            throw ValidationError("--alias is for one model; with several, write alias= behind a --model.")
        }
        let ids = Set(models.map(\.servedID))
        for model in models {
            for name in model.aliases where models.count > 1 && ids.contains(name) {
                throw ValidationError("The alias \(name) of \(model.servedID) is the id of a model.")
            }
            for name in aliases + model.aliases {
                if let other = configuration.modelAliases.updateValue(model.servedID, forKey: name),
                    other != model.servedID
                {
                    throw ValidationError("The alias \(name) is given to both \(other) and \(model.servedID).")
                }
            }
        }
        configuration.acceptsAnyModel = try anyModel || Environment.flag("MARTLET_ANY_MODEL")
        configuration.strictParameters = try strictParams || Environment.flag("MARTLET_STRICT_PARAMS")
        if try ollamaBanner || Environment.flag("MARTLET_OLLAMA_BANNER") { configuration.ollamaBanner = true }
    }
}
