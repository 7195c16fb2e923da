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
    @OptionGroup(title: "Listening") var listeningOptions: ListeningOptions
    @OptionGroup(title: "Access") var accessOptions: AccessOptions
    @OptionGroup(title: "Operation") var operationOptions: OperationOptions
    @OptionGroup(title: "Compatibility") var compatibilityOptions: CompatibilityOptions
    @OptionGroup(title: "Limits") var limitOptions: LimitOptions
    @OptionGroup(title: "Queue") var queueOptions: QueueOptions
    @OptionGroup(title: "Logs") var logOptions: LogOptions
    @OptionGroup(title: "Metrics") var metricsOptions: MetricsOptions
    @OptionGroup(title: "Events") var eventsOptions: EventsOptions

    func run() async throws {
        let models = try servedModelOptions.specifications()
        var configuration = ServerConfiguration()
        let log = try ServerLog()
        configuration.logger = log.logger
        try listeningOptions.apply(to: &configuration)
        try compatibilityOptions.apply(to: &configuration, models: models)
        try limitOptions.apply(to: &configuration)
        try operationOptions.apply(to: &configuration)
        try queueOptions.apply(to: &configuration)
        configuration.defaultModel = servedModelOptions.defaultModel ?? Environment.value("MARTLET_DEFAULT_MODEL")
        let authenticator = try accessOptions.authenticator(for: configuration)
        let backends = try servedModelOptions.load(models, limits: limitOptions)
        let names = models.map(\.servedID)
        let engineLimits = try limitOptions.engineLimits(running: nil, kvMemory: nil)
        let eventSettings: JSONObject = [
            "threads": .number(JSONNumber(try servedModelOptions.threadCount())),
            "running": .number(JSONNumber(engineLimits.running)),
            "kv_memory_bytes": .number(JSONNumber(engineLimits.cacheBytes)),
        ]
        do {
            try await serve(
                backends, configuration: configuration,
                configure: { server in
                    server.endsProcess = true
                    server.authenticator = authenticator
                    try operationOptions.apply(to: &server)
                    try logOptions.apply(to: &server)
                    let metrics = try metricsOptions.apply(to: &server)
                    let events = try eventsOptions.apply(to: &server, settings: eventSettings)
                    if let metrics, let events { try metrics.add(.droppedEvents(of: events)) }
                },
                onReady: { server in
                    StandardOutput.write(
                        Self.greeting(url: server.url, models: names, needsKey: authenticator != nil))
                })
        } catch {
            await log.flush()
            throw error
        }
        await log.flush()
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
