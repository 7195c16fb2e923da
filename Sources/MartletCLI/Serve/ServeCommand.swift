import ArgumentParser
import Martlet
import MartletEngine
import MartletOperations
import MartletToy
import MartletUV

/// `martlet serve`: serves a GPT-2 over HTTP.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve GPT-2 models on the CPU.",
        usage: "martlet serve [<options>]",
        discussion: """
            Options override environment variables, in which lists are comma-separated. Ctrl-C or SIGTERM lets \
            active responses finish; a second one ends them.

            EXAMPLE:
              martlet serve --port 9000 --alias gpt-4o
              martlet serve --model embedded --model ./gpt2,weights=q8 --default-model toy
            """)

    @OptionGroup(title: "Model") var servedModelOptions: ServedModelOptions
    @OptionGroup(title: "Limits") var limitOptions: LimitOptions
    @OptionGroup(title: "Compatibility") var compatibilityOptions: CompatibilityOptions
    @OptionGroup var servingOptions: ServingOptions

    func run() async throws {
        let models = try servedModelOptions.specifications()
        var configuration = ServerConfiguration()
        let log = try ServerLog()
        configuration.logger = log.logger
        try servingOptions.apply(to: &configuration)
        try compatibilityOptions.apply(to: &configuration, models: models)
        configuration.defaultModel = servedModelOptions.defaultModel ?? Environment.value("MARTLET_DEFAULT_MODEL")
        let backends = try servedModelOptions.load(models, limits: limitOptions)
        let engineLimits = try limitOptions.engineLimits(running: nil, kvMemory: nil)
        let settings: JSONObject = [
            "threads": .number(JSONNumber(try servedModelOptions.threadCount())),
            "running": .number(JSONNumber(engineLimits.running)),
            "kv_memory_bytes": .number(JSONNumber(engineLimits.cacheBytes)),
        ]
        try await servingOptions.run(backends, configuration, log, settings: settings) { server, needsKey in
            Self.greeting(url: server.url, models: models.map(\.servedID), needsKey: needsKey)
        }
    }

    static func greeting(url: String, models: [String], needsKey: Bool) -> String {
        let key = needsKey ? "-H 'Authorization: Bearer KEY' " : ""
        return """
            Martlet \(Version.current) serves \(models.joined(separator: ", ")) on \(url)
            Try: curl -N \(url)/v1/chat/completions -H 'Content-Type: application/json' \
            \(key)-d '{"model": "\(models.first ?? "")", "stream": true, \
            "messages": [{"role": "user", "content": "What is the capital of France?"}]}'

            """
    }
}
