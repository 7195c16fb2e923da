import ArgumentParser
import Martlet
import MartletEngine
import MartletToy
import MartletUV

/// `martlet serve`: serves a GPT-2 over HTTP.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a GPT-2 on the CPU.",
        usage: "martlet serve [<options>]",
        discussion: """
            Options override environment variables, in which lists are comma-separated. Ctrl-C or SIGTERM lets \
            active responses finish; a second one ends them.

            EXAMPLE:
              martlet serve --port 9000 --alias gpt-4o
            """)

    @OptionGroup(title: "Model") var modelOptions: ModelOptions
    @OptionGroup(title: "Model") var servedModelOptions: ServedModelOptions
    @OptionGroup(title: "Listening") var listeningOptions: ListeningOptions
    @OptionGroup(title: "Compatibility") var compatibilityOptions: CompatibilityOptions
    @OptionGroup(title: "Limits") var limitOptions: LimitOptions

    func run() async throws {
        let name = servedModelOptions.name(of: modelOptions)
        var configuration = ServerConfiguration()
        try listeningOptions.apply(to: &configuration)
        try compatibilityOptions.apply(to: &configuration, model: name)
        try limitOptions.apply(to: &configuration)
        let limits = try limitOptions.engineLimits()
        let backend = ToyBackend(try servedModelOptions.load(modelOptions), name: name, limits: limits)
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
