import Foundation
import Logging
import Martlet
import MartletTesting
import Recipes
import ServiceLifecycle
import Synchronization
import Testing

/// A server in a `ServiceGroup`, beside a service that it depends on.
@Suite(.serialized, .timeLimit(.minutes(5))) struct InferenceServiceTests {
    /// What stops after the server, and records how many responses had ended by then.
    private final class Store: Service, Sendable {
        let backend: ScriptedBackend
        let finishedAtStop = Mutex<Int?>(nil)

        init(_ backend: ScriptedBackend) { self.backend = backend }

        func run() async throws {
            try await gracefulShutdown()
            finishedAtStop.withLock { $0 = backend.finished }
        }
    }

    private func eventually(_ what: String, _ condition: () async -> Bool) async throws {
        for _ in 0..<3000 {
            if await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("There never was \(what).")
    }

    @Test func `SIGTERM lets a response under way finish, then stops the service that the server depends on`()
        async throws
    {
        let gate = Gate()
        let backend = ScriptedBackend([.text("a"), .wait(for: gate), .text("b")])
        let store = Store(backend)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = InferenceService(backend, configuration: ServerConfiguration(port: 0)) { port.yield($0.port) }
        // Services stop in the reverse of this order, each when those behind it have ended.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [store, server], gracefulShutdownSignals: [.sigterm], logger: Logger(label: "test")))
        let running = Task { try await group.run() }
        for await port in ports {
            let client = try await RawClient(port: port)
            try await client.send(
                .post, "/v1/chat/completions", body: #"{"messages":[{"role":"user","content":"Hi"}]}"#)
            try await eventually("a request under way") { backend.started == 1 }
            kill(getpid(), SIGTERM)
            try await eventually("a refusal of a new connection") { (try? await RawClient(port: port)) == nil }
            #expect(store.finishedAtStop.withLock { $0 } == nil)
            gate.open()
            let response = try await client.receiveResponse()
            #expect(response.code == 200)
            #expect(response[field: "Connection"] == "close")
            await client.close()
            break
        }
        try await running.value
        #expect(store.finishedAtStop.withLock { $0 } == 1)
    }

    @Test func `a group that cannot listen ends with the error`() async throws {
        try await withServer(ScriptedBackend([])) { (other) async throws in
            let taken = InferenceService(ScriptedBackend([]), configuration: ServerConfiguration(port: other.port))
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(services: [taken], logger: Logger(label: "test")))
            await #expect(throws: ServerError.self) { try await group.run() }
        }
    }
}
