import Logging
import Martlet
import MartletLifecycle
import MartletTestSupport
import MartletTesting
import ServiceLifecycle
import Testing

/// A server in a `ServiceGroup`, beside another service.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ServerServiceTests {
    /// Another service of the application. It ends at the graceful shutdown, or fails when `failure` opens.
    private struct Neighbour: Service {
        struct Failure: Error {}

        let failure: Gate

        func run() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await gracefulShutdown() }
                group.addTask {
                    try await failure.pass()
                    throw Failure()
                }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    /// A running group with a server and a neighbour.
    private struct Group {
        let services: ServiceGroup
        let port: Int
        let failure: Gate
        let running: Task<Void, any Error>
    }

    private func start(
        _ backend: any Backend, _ configuration: ServerConfiguration = ServerConfiguration(port: 0),
        change: (inout ServiceGroupConfiguration) -> Void = { _ in }
    ) async throws -> Group {
        // The group runs the server itself, so the port must be known before.
        let port = try await withServer(ScriptedBackend()) { $0.port }
        var configuration = configuration
        configuration.listen = [.tcp(port: port)]
        let failure = Gate()
        var services = ServiceGroupConfiguration(
            services: [
                .init(service: Neighbour(failure: failure), successTerminationBehavior: .gracefullyShutdownGroup),
                .init(service: Server(backend, configuration: configuration)),
            ], logger: Logger(label: "test"))
        change(&services)
        let group = ServiceGroup(configuration: services)
        let running = Task { try await group.run() }
        while (try? await RawClient(port: port)) == nil { try await Task.sleep(for: .milliseconds(5)) }
        return Group(services: group, port: port, failure: failure, running: running)
    }

    @Test func `a graceful shutdown finishes active responses, and the group's run returns`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.text("a"), .wait(for: gate), .text("b")])
        let group = try await start(backend)
        let client = try await RawClient(port: group.port)
        try await client.send(.post, "/v1/chat/completions", body: Self.chat)
        try await eventually { backend.started == 1 }
        await group.services.triggerGracefulShutdown()
        try await eventually { (try? await RawClient(port: group.port)) == nil }
        gate.open()
        let response = try await client.receiveResponse()
        #expect(response.code == 200)
        #expect(response.text.contains(#""content":"ab""#))
        await client.close()
        try await group.running.value
        #expect(backend.finished == 1)
    }

    @Test func `a group that escalates its graceful shutdown ends active responses at once`() async throws {
        let backend = ScriptedBackend([.hang])
        var configuration = ServerConfiguration()
        configuration.drainTimeout = .seconds(600)
        let group = try await start(backend, configuration) {
            $0.maximumGracefulShutdownDuration = .milliseconds(50)
        }
        let client = try await RawClient(port: group.port)
        try await client.send(.post, "/v1/chat/completions", body: Self.chat)
        try await eventually { backend.started == 1 }
        await group.services.triggerGracefulShutdown()
        let response = try await client.receiveResponse()
        #expect(response.code == 503)
        #expect(response.text.contains("The server is stopping."))
        await client.close()
        _ = await group.running.result
        #expect(backend.cancelled == 1)
    }

    @Test func `a service that fails ends the server with the group`() async throws {
        let group = try await start(ScriptedBackend([.text("a")]))
        group.failure.open()
        await #expect(throws: Neighbour.Failure.self) { try await group.running.value }
        #expect((try? await RawClient(port: group.port)) == nil)
    }

    @Test func `a graceful shutdown before the server listens is not lost`() async throws {
        /// Begins the group's shutdown while the server starts.
        struct Starting: Backend {
            let begin: @Sendable () async -> Void
            func listModels() -> [Model] { [] }
            func start() async throws { await begin() }
        }
        let (groups, group) = AsyncStream.makeStream(of: ServiceGroup.self)
        let backend = Starting { for await group in groups { return await group.triggerGracefulShutdown() } }
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: Server(backend, configuration: ServerConfiguration(port: 0)))],
                logger: Logger(label: "test")))
        group.yield(services)
        try await services.run()
    }

    private static let chat = #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}]}"#
}
