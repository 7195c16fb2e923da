import Foundation
import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

@Suite(.serialized)
struct ServeTests {
    @Test func `a second signal forces the shutdown of a server whose task was cancelled`() async throws {
        let backend = ScriptedBackend([.hang])
        var configuration = ServerConfiguration(port: 0)
        configuration.drainTimeout = .seconds(600)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let serving = Task { [configuration] in
            try await serve(backend, configuration: configuration, onReady: { port.yield($0.port) })
        }
        for await port in ports {
            let client = try await RawClient(port: port)
            try await client.sendChat()
            try await eventually { backend.started == 1 }
            serving.cancel()
            // The drain has begun once connections are refused.
            try await eventually { (try? await RawClient(port: port)) == nil }
            // The first signal drains, which the server does already.
            for signal in [SIGTERM, SIGINT] { kill(getpid(), signal) }
            let refused = try await client.receiveResponse()
            try expect(refused, is: 503, "server_error", code: "service_unavailable")
            await client.close()
            break
        }
        try await serving.value
    }

    /// Whether a signal has its default action.
    private static func isDefault(_ signal: Int32) -> Bool {
        var action = sigaction()
        sigaction(signal, nil, &action)
        #if canImport(Glibc)
            return action.__sigaction_handler.sa_handler == nil
        #else
            return action.__sigaction_u.__sa_handler == nil
        #endif
    }

    @Test func `only serve watches signals`() async throws {
        let watched = [SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2]
        let before = watched.map(Self.isDefault)
        for handlesSignals in [true, false] {
            let (signals, ready) = AsyncStream.makeStream(of: [Bool].self)
            let report = { @Sendable in _ = ready.yield(watched.map(Self.isDefault)) }
            let serving = Task {
                let backend = ScriptedBackend([])
                let configuration = ServerConfiguration(port: 0)
                if handlesSignals {
                    try await serve(backend, configuration: configuration, onReady: { _ in report() })
                } else {
                    try await Server(backend, configuration: configuration).run { _ in report() }
                }
            }
            for await seen in signals {
                #expect(seen == (handlesSignals ? watched.map { _ in false } : before))
                break
            }
            serving.cancel()
            try await serving.value
        }
        try await withServer(ScriptedBackend([])) { _ in #expect(watched.map(Self.isDefault) == before) }
    }

    @Test func `a cancelled task lets running responses finish`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.text("a"), .wait(for: gate), .text("b")])
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let serving = Task {
            try await serve(backend, configuration: ServerConfiguration(port: 0), onReady: { port.yield($0.port) })
        }
        for await port in ports {
            let client = try await RawClient(port: port)
            try await client.sendChat()
            try await eventually { backend.started == 1 }
            serving.cancel()
            try await eventually { (try? await RawClient(port: port)) == nil }
            gate.open()
            let reply = try await client.receiveResponse()
            #expect(reply.code == 200)
            #expect(reply[field: "Connection"] == "close")
            await client.close()
            break
        }
        try await serving.value
        #expect(backend.finished == 1)
    }
}
