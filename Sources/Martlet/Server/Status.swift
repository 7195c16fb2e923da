internal import MartletHTTP
internal import MartletJSON

/// What operators ask: `/`, `/health`, `/health/ready`, `/version`, `/load`. Answered on the loop, without a task.
extension APIDialect {
    static let status = APIDialect(
        name: "Martlet",
        endpoints: [
            "/": [.get: .immediate(requires: .nothing) { $0.root() }],
            "/health": [.get: .immediate(requires: .nothing) { $0.health() }],
            "/health/ready": [.get: .immediate(requires: .nothing) { $0.ready() }],
            "/version": [.get: .immediate(requires: .principal) { $0.version() }],
            "/load": [.get: .immediate(requires: .permission(.metrics)) { $0.load() }],
        ],
        errors: OpenAIErrors())
}

extension Service {
    func root() -> HTTPResponse {
        let ports = configuration.listen.compactMap(\.port)
        let usual = APIDialect.all.lazy.compactMap(\.banner).first { ports.contains($0.port) }
        return HTTPResponse(text: configuration.banner ?? usual?.text ?? ServerConfiguration.defaultBanner)
    }

    /// Whether the process is alive; independent of the backends.
    func health() -> HTTPResponse { Self.json { $0.member("status", "ok") } }

    /// Whether requests can be served.
    func ready() -> HTTPResponse {
        if isDraining.isSet { return ErrorRendering.response(BackendError.unavailable("The server is draining.")) }
        if registry.models.isReady { return Self.json { $0.member("status", "ready") } }
        return ErrorRendering.response(BackendError.unavailable("The backend is not ready yet. Try again soon."))
    }

    func version() -> HTTPResponse { Self.json { $0.member("version", Version.current) } }

    func load() -> HTTPResponse {
        let counters = gauges.counters
        return Self.json { writer in
            writer.member("open_connections", counters.openConnections)
            writer.member("open_streams", counters.openStreams)
            writer.member("tasks", counters.tasks)
            writer.member("waiting", counters.waiting)
            writer.member("running", counters.running)
            writer.member("held_bytes", counters.heldBytes)
            writer.member("generated_tokens", counters.generatedTokens)
            writer.member("unknown_parameters", counters.unknownParameters)
        }
    }

    private static func json(_ members: (inout JSONWriter) -> Void) -> HTTPResponse {
        var writer = JSONWriter()
        writer.object(members)
        return HTTPResponse(json: writer.bytes)
    }
}
