import ArgumentParser
import MartletGateway

/// The servers that requests are relayed to, and how one of them is chosen.
struct UpstreamOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A YAML file with upstreams and all settings of the gateway, instead of options for them. \
            (default: none) [env: MARTLET_CONFIG]
            """, valueName: "file"))
    var config: String?

    @Flag(help: "Say whether the file of --config is valid and what it has, and end.")
    var check = false

    @Option(
        help: ArgumentHelp(
            """
            The URL of a server; repeatable. Append kind= (\(UpstreamKind.all.map(\.name).joined(separator: ", "))), \
            api= (\(UpstreamAPI.allCases.map(\.rawValue).joined(separator: " or ")): it has that API, too; repeatable), \
            key= (the environment variable with its key), forward_key=true (the client's key is sent), model= (a model, or \
            NAME=ITS_NAME; repeatable), name=, weight= or priority=, as in http://gpu-1:8000,kind=vllm. [env: MARTLET_UPSTREAM]
            """, valueName: "url"))
    var upstream: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            How an upstream is chosen: \(RoutingPolicy.names.joined(separator: ", ")). (default: least-outstanding) \
            [env: MARTLET_ROUTING]
            """, valueName: "policy"))
    var routing: String?

    @Flag(
        help: ArgumentHelp(
            """
            Relay other paths below /v1/ as they are, such as /v1/audio/speech. [env: MARTLET_PASS_THROUGH]
            """))
    var passThrough = false

    func validate() throws {
        for text in upstream { _ = try UpstreamSpecification(text) }
        if config == "" { throw ValidationError("--config needs a file.") }
        if config != nil && !upstream.isEmpty {
            throw ValidationError("--upstream contradicts --config; write the upstream into the file.")
        }
        if config != nil && routing != nil {
            throw ValidationError("--routing contradicts --config; write 'routing:' into the file.")
        }
        if config != nil && passThrough {
            throw ValidationError("--pass-through contradicts --config; write 'pass_through: true' into the file.")
        }
    }

    /// Whether requests for unknown paths are relayed, without a file.
    ///
    /// - Throws: `ValidationError` for a variable that is not a Boolean.
    func passesThrough() throws -> Bool { try passThrough || Environment.flag("MARTLET_PASS_THROUGH") }

    /// The configuration file; nil without one. An option for upstreams replaces all variables for them.
    ///
    /// - Throws: `ValidationError` for variables that contradict each other.
    func file() throws -> String? {
        if config != nil || !upstream.isEmpty { return config }
        guard let file = Environment.value("MARTLET_CONFIG") else { return nil }
        if routing != nil {
            throw ValidationError("--routing contradicts MARTLET_CONFIG; write 'routing:' into the file.")
        }
        if passThrough {
            throw ValidationError(
                "--pass-through contradicts MARTLET_CONFIG; write 'pass_through: true' into the file.")
        }
        for name in ["MARTLET_UPSTREAM", "MARTLET_ROUTING", "MARTLET_PASS_THROUGH"] where Environment.value(name) != nil
        {
            throw ValidationError("\(name) contradicts MARTLET_CONFIG; unset one of them.")
        }
        return file
    }

    /// The upstreams and settings that the options describe, without a file.
    ///
    /// - Throws: `ValidationError`.
    func upstreamsAndConfiguration() throws -> ([Upstream], GatewayConfiguration) {
        let texts = upstream.isEmpty ? Environment.words("MARTLET_UPSTREAM") : upstream
        if texts.isEmpty {
            throw ValidationError(
                "A gateway needs an --upstream, such as http://127.0.0.1:8000, or a file with --config.")
        }
        var configuration = GatewayConfiguration()
        if let name = routing ?? Environment.value("MARTLET_ROUTING") {
            guard let policy = RoutingPolicy(named: name) else {
                throw ValidationError(
                    "--routing must be one of \(RoutingPolicy.names.joined(separator: ", ")), but it is '\(name)'.")
            }
            configuration.routing = policy
        }
        return (try texts.map { try UpstreamSpecification($0).upstream }, configuration)
    }
}
