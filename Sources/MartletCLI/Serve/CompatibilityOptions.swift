import ArgumentParser
import Martlet

/// How closely `martlet serve` follows what clients of other servers expect.
struct CompatibilityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Another name that the model answers to; repeatable. (default: none) [env: MARTLET_ALIAS]",
            valueName: "name"))
    var alias: [String] = []

    @Flag(help: "Answer to every model name. [env: MARTLET_ANY_MODEL]")
    var anyModel = false

    @Flag(help: "Refuse unknown parameters, with the closest known name. [env: MARTLET_STRICT_PARAMS]")
    var strictParams = false

    @Flag(help: "Answer '/' as Ollama does, as on port 11434. [env: MARTLET_OLLAMA_BANNER]")
    var ollamaBanner = false

    /// Writes what options and environment say into `configuration`.
    ///
    /// - Parameter model: The id that aliases stand for.
    /// - Throws: `ValidationError` for a variable that is not a truth value.
    func apply(to configuration: inout ServerConfiguration, model: String) throws {
        let aliases = alias.isEmpty ? Environment.list("MARTLET_ALIAS") : alias
        for name in aliases { configuration.modelAliases[name] = model }
        configuration.acceptsAnyModel = try anyModel || Environment.flag("MARTLET_ANY_MODEL")
        configuration.strictParameters = try strictParams || Environment.flag("MARTLET_STRICT_PARAMS")
        if try ollamaBanner || Environment.flag("MARTLET_OLLAMA_BANNER") { configuration.ollamaBanner = true }
    }
}
