import ArgumentParser
import Martlet
import MartletEngine
import MartletToy
import MartletUV

/// `martlet serve`: a GPT-2 behind the OpenAI API.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a GPT-2 on the CPU.",
        discussion: "Options win over the environment. Ctrl-C lets answers finish; a second one ends them.")

    @OptionGroup var modelOptions: ModelOptions

    @Option(help: "The model's id; the folder's name without it, or 'toy'. [env: MARTLET_NAME]")
    var name: String?

    @Option(help: "The address to listen on; 127.0.0.1 without it. [env: MARTLET_HOST]")
    var host: String?

    @Option(help: "The port; 8080 without it, 0 for any free one. [env: MARTLET_PORT]")
    var port: Int?

    @Option(help: "Event loops; one for four cores without it. [env: MARTLET_LOOPS]")
    var loops: Int?

    @Option(help: "Another name that the model answers to; may be given several times. [env: MARTLET_ALIAS]")
    var alias: [String] = []

    @Flag(help: "Answer to every model name.")
    var anyModel = false

    @Flag(help: "Refuse parameters that the API does not know, with the closest known name.")
    var strictParams = false

    @Flag(help: "Answer '/' as Ollama does; without it only on Ollama's port, 11434.")
    var ollamaBanner = false

    @Option(help: "An origin whose web pages may use the server, or '*'; may be given several times.")
    var corsOrigin: [String] = []

    @Option(help: "A host name, besides localhost, by which clients may reach it, or '*'; may be given several times.")
    var allowedHost: [String] = []

    @Option(
        help: "Seconds that answers have to finish when the server stops; 30 without it. [env: MARTLET_DRAIN_TIMEOUT]")
    var drainTimeout: Int?

    @Option(help: "How weights are held: f32, f16 or q8; f32 without it. [env: MARTLET_WEIGHTS]")
    var weights: String?

    @Option(help: "Threads that compute; all processors but one without it. [env: MARTLET_THREADS]")
    var threads: Int?

    @Option(help: "Answers that are computed at once; 32 without it. [env: MARTLET_RUNNING]")
    var running: Int?

    @Option(help: "MiB for keys and values; 512 without it, and never less than one context. [env: MARTLET_KV_MEMORY]")
    var kvMemory: Int?

    /// What the engine may use.
    ///
    /// - Throws: `ValidationError` for a number that is none or out of range.
    func engineLimits() throws -> EngineLimits {
        var limits = EngineLimits()
        if let memory = try kvMemory ?? Environment.number("MARTLET_KV_MEMORY") {
            guard (1...1_048_576).contains(memory) else {
                throw ValidationError(
                    "The memory for keys and values must be within 1...1048576 MiB, but it is \(memory).")
            }
            limits.cacheBytes = memory << 20
        }
        limits.running = try running ?? Environment.number("MARTLET_RUNNING") ?? limits.running
        guard (1...4096).contains(limits.running) else {
            throw ValidationError("The answers at once must be within 1...4096, but they are \(limits.running).")
        }
        return limits
    }

    /// The model, as options and environment want it.
    ///
    /// - Throws: `ValidationError` for a format or a number that is none; what loading throws.
    func loadModel() throws -> ToyModel {
        let name = weights ?? Environment.value("MARTLET_WEIGHTS") ?? WeightFormat.f32.rawValue
        guard let format = WeightFormat(rawValue: name) else {
            let names = WeightFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("The weights must be one of \(names), but they are '\(name)'.")
        }
        let threads = try threads ?? Environment.number("MARTLET_THREADS") ?? ToyModel.defaultThreads
        guard (1...256).contains(threads) else {
            throw ValidationError("The threads must be within 1...256, but they are \(threads).")
        }
        var model = try modelOptions.load(weights: format)
        model.threads = threads
        return model
    }

    /// The configuration that options and environment make.
    ///
    /// - Throws: `ValidationError` for a number that is none or out of range.
    func serverConfiguration() throws -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.host = host ?? Environment.value("MARTLET_HOST") ?? configuration.host
        configuration.port = try port ?? Environment.number("MARTLET_PORT") ?? configuration.port
        configuration.loopCount = try loops ?? Environment.number("MARTLET_LOOPS") ?? configuration.loopCount
        guard (0...65535).contains(configuration.port) else {
            throw ValidationError("The port must be within 0...65535, but it is \(configuration.port).")
        }
        guard (1...256).contains(configuration.loopCount) else {
            throw ValidationError("The loops must be within 1...256, but they are \(configuration.loopCount).")
        }
        let drain = try drainTimeout ?? Environment.number("MARTLET_DRAIN_TIMEOUT") ?? 30
        guard (0...86_400).contains(drain) else {
            throw ValidationError("The drain timeout must be within 0...86400 seconds, but it is \(drain).")
        }
        configuration.drainTimeout = .seconds(drain)
        let aliases = alias.isEmpty ? [Environment.value("MARTLET_ALIAS")].compactMap(\.self) : alias
        for alias in aliases { configuration.modelAliases[alias] = modelName }
        configuration.answersToAnyModel = anyModel
        configuration.strictParameters = strictParams
        if ollamaBanner { configuration.ollamaBanner = true }
        configuration.allowedOrigins = corsOrigin
        configuration.allowedHosts = allowedHost
        return configuration
    }

    private var modelName: String { name ?? Environment.value("MARTLET_NAME") ?? modelOptions.defaultName }

    func run() async throws {
        let configuration = try serverConfiguration()
        let name = modelName
        let limits = try engineLimits()
        let backend = ToyBackend(try loadModel(), name: name, limits: limits)
        try await serve(backend, configuration: configuration) { server in
            StandardOutput.write(Self.greeting(url: server.url, model: name))
        }
    }

    static func greeting(url: String, model: String) -> String {
        """
        Martlet \(Version.current) serves \(model) on \(url)
        Try: curl -N \(url)/v1/chat/completions -H 'Content-Type: application/json' \
        -d '{"model": "\(model)", "stream": true, \
        "messages": [{"role": "user", "content": "What is the capital of France?"}]}'

        """
    }
}
