import ArgumentParser
import Martlet
import MartletOperations
import MartletUV

/// The options of every command that serves, for any backend.
struct ServingOptions: ParsableArguments {
    @OptionGroup(title: "Listening") var listeningOptions: ListeningOptions
    @OptionGroup(title: "Access") var accessOptions: AccessOptions
    @OptionGroup(title: "Operation") var operationOptions: OperationOptions
    @OptionGroup(title: "Stored responses") var storeOptions: StoreOptions
    @OptionGroup(title: "Queue") var queueOptions: QueueOptions
    @OptionGroup(title: "Logs") var logOptions: LogOptions
    @OptionGroup(title: "Metrics") var metricsOptions: MetricsOptions
    @OptionGroup(title: "Events") var eventsOptions: EventsOptions

    /// Applies options and environment variables to `configuration`.
    ///
    /// - Throws: `ValidationError`.
    func apply(to configuration: inout ServerConfiguration) throws {
        try listeningOptions.apply(to: &configuration)
        try operationOptions.apply(to: &configuration)
        try storeOptions.apply(to: &configuration)
        try queueOptions.apply(to: &configuration)
    }

    /// Serves until a signal ends it.
    ///
    /// - Parameters:
    ///   - log: That of `configuration`, which is complete when this returns.
    ///   - settings: The backend's, for the record of the run.
    ///   - configure: Completes the server, whose metrics it gets if it has any.
    ///   - greeting: What is printed once the server listens, given its URL and whether requests need a key.
    nonisolated(nonsending) func run(
        _ backends: [any Backend], _ configuration: ServerConfiguration, _ log: ServerLog, settings: JSONObject = [:],
        configure: (inout Server, ServerMetrics?) throws -> Void = { _, _ in },
        greeting: (_ server: RunningServer, _ needsKey: Bool) -> String
    ) async throws {
        let authenticator = try accessOptions.authenticator(for: configuration)
        do {
            try await serve(
                backends, configuration: configuration,
                configure: { server in
                    server.endsProcess = true
                    server.authenticator = authenticator
                    try operationOptions.apply(to: &server)
                    try logOptions.apply(to: &server)
                    let metrics = try metricsOptions.apply(to: &server)
                    let events = try eventsOptions.apply(to: &server, settings: settings)
                    if let metrics, let events { try metrics.add(.droppedEvents(of: events)) }
                    try configure(&server, metrics)
                },
                onReady: { server in StandardOutput.write(greeting(server, authenticator != nil)) })
        } catch {
            await log.flush()
            throw error
        }
        await log.flush()
    }
}
