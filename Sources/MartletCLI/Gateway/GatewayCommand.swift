import ArgumentParser
import Martlet
import MartletGateway
import MartletOperations

/// `martlet gateway`: relays requests to other servers.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Relay requests to servers of OpenAI's API on other machines.",
        usage: "martlet gateway --upstream <url> ... [<options>]",
        discussion: """
            Options override environment variables, in which lists are separated by blanks. Ctrl-C or SIGTERM lets \
            active responses finish; a second one ends them.

            EXAMPLE:
              martlet gateway --upstream http://gpu-1:8000,kind=vllm --upstream http://gpu-2:8000,kind=vllm
              martlet gateway --upstream https://api.openai.com,key=OPENAI_API_KEY,model=fast=gpt-4o-mini
            """)

    @OptionGroup(title: "Upstreams") var upstreamOptions: UpstreamOptions
    @OptionGroup var servingOptions: ServingOptions

    func run() async throws {
        let gateway = try upstreamOptions.gateway()
        var configuration = ServerConfiguration()
        let log = try ServerLog()
        configuration.logger = log.logger
        try servingOptions.apply(to: &configuration)
        try await servingOptions.run(
            [gateway], configuration, log,
            configure: { server, metrics in
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
