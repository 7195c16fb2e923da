import ArgumentParser
import MartletGateway

/// The servers that requests are relayed to, and how one of them is chosen.
struct UpstreamOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The URL of a server; repeatable. Append kind= (\(UpstreamKind.all.map(\.name).joined(separator: ", "))), \
            key= (the environment variable with its key), model= (a model, or NAME=ITS_NAME; repeatable), name=, weight= \
            or priority=, as in http://gpu-1:8000,kind=vllm. [env: MARTLET_UPSTREAM]
            """, valueName: "url"))
    var upstream: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            How an upstream is chosen: \(RoutingPolicy.names.joined(separator: ", ")). (default: least-outstanding) \
            [env: MARTLET_ROUTING]
            """, valueName: "policy"))
    var routing: String?

    func validate() throws { for text in upstream { _ = try UpstreamSpecification(text) } }

    /// - Throws: `ValidationError`, or `GatewayError` for names that are not distinct.
    func gateway() throws -> Gateway {
        let texts = upstream.isEmpty ? Environment.words("MARTLET_UPSTREAM") : upstream
        if texts.isEmpty { throw ValidationError("A gateway needs an --upstream, such as http://127.0.0.1:8000.") }
        var configuration = GatewayConfiguration()
        if let name = routing ?? Environment.value("MARTLET_ROUTING") {
            guard let policy = RoutingPolicy(named: name) else {
                throw ValidationError(
                    "--routing must be one of \(RoutingPolicy.names.joined(separator: ", ")), but it is '\(name)'.")
            }
            configuration.routing = policy
        }
        return try Gateway(texts.map { try UpstreamSpecification($0).upstream }, configuration: configuration)
    }
}
