import ArgumentParser
import Martlet
import MartletGateway
import MartletOperations
import MartletUV

/// `martlet gateway`: relays requests to other servers.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Relay requests to servers of OpenAI's API on other machines.",
        usage: "martlet gateway (--config <file> | --upstream <url> ...) [<options>]",
        discussion: """
            Options override environment variables, in which lists are separated by blanks. Ctrl-C or SIGTERM lets \
            active responses finish; a second one ends them. SIGHUP reads the file of --config again, as does a \
            change of the file.

            EXAMPLE:
              martlet gateway --upstream http://gpu-1:8000,kind=vllm --upstream http://gpu-2:8000,kind=vllm
              martlet gateway --upstream https://api.openai.com,key=OPENAI_API_KEY,model=fast=gpt-4o-mini
              martlet gateway --config gateway.yaml --check
            """)

    @OptionGroup(title: "Upstreams") var upstreamOptions: UpstreamOptions
    @OptionGroup var servingOptions: ServingOptions

    func run() async throws {
        let path = try upstreamOptions.file()
        let file = try path.map { path throws(ConfigurationError) in try GatewayFile(reading: path) }
        if upstreamOptions.check {
            guard let path, let file else { throw ValidationError("--check needs a file with --config.") }
            return StandardOutput.write("\(path) is valid\n\(file.summary)")
        }
        let log = try ServerLog()
        let (upstreams, settings) =
            try file.map { ($0.upstreams, $0.configuration) } ?? upstreamOptions.upstreamsAndConfiguration()
        let gateway = try Gateway(upstreams, configuration: settings, logger: log.logger)
        let passesThrough = try file?.passesThrough ?? upstreamOptions.passesThrough()
        var configuration = ServerConfiguration()
        configuration.logger = log.logger
        try servingOptions.apply(to: &configuration)
        var watch: GatewayFileWatch?
        let prices = file.map { PriceTable($0.prices) }
        if let path, let file, let prices { watch = try GatewayFileWatch(path, file, of: gateway, prices) }
        try await servingOptions.run(
            [gateway], configuration, log,
            configure: { [watch] server, metrics in
                server.prices = prices
                server.onStart { await watch?.start(logger: $0.configuration.logger) }
                server.onEnd { _, _ in await watch?.stop() }
                if passesThrough { try server.passThrough(to: gateway) }
                if OperationOptions.mayServeOperators(server) { try server.serveUpstreams(of: gateway) }
                for source in MetricSource.upstreams(of: gateway) { try metrics?.add(source) }
            },
            greeting: { server, _ in
                let models = server.models.map(\.id)
                let names = models.isEmpty ? "no models yet" : models.prefix(8).joined(separator: ", ")
                return "Martlet \(Version.current) relays \(names)\(models.count > 8 ? ", …" : "") on \(server.url)\n"
            })
    }
}
