import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// A server that runs: where it listens, and how it ends.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct RunningServerTests {
    @Test func `a server listens on several addresses`() async throws {
        var configuration = ServerConfiguration()
        configuration.listen = [.tcp(port: 0), .tcp(host: "localhost", port: 0)]
        try await withServer(ScriptedBackend(), configuration: configuration) { server in
            let ports = server.addresses.compactMap(\.port)
            #expect(server.addresses.map(\.host) == ["127.0.0.1", "localhost"])
            #expect(Set(ports).count == 2)
            #expect(server.port == ports[0] && server.url == "http://127.0.0.1:\(ports[0])")
            for port in ports {
                let client = try await RawClient(port: port)
                #expect(try await client.ask(.get, "/health").code == 200)
                await client.close()
            }
        }
    }

    @Test(arguments: [1, 2])
    func `an address in use is an error that names it, and leaves nothing behind`(loopCount: Int) async throws {
        try await withServer(ScriptedBackend()) { first in
            let free = try await withServer(ScriptedBackend()) { $0.port }
            var configuration = ServerConfiguration(loopCount: loopCount)
            configuration.listen = [.tcp(port: free), .tcp(port: first.port)]
            do {
                try await withServer(ScriptedBackend(), configuration: configuration) { _ in }
                Issue.record("the server has started")
            } catch let error as ServerError {
                #expect(error.description == "cannot listen on 127.0.0.1:\(first.port): the address is already in use")
                #expect(error.isAddressInUse && error.concernsAddress)
            }
            configuration.listen = [.tcp(port: free)]
            try await withServer(ScriptedBackend(), configuration: configuration) { #expect($0.port == free) }
        }
    }

    @Test func `a server without an address does not start`() async throws {
        var configuration = ServerConfiguration()
        configuration.listen = []
        let backend = ScriptedBackend()
        await #expect(throws: ServerError.self) { try await Server(backend, configuration: configuration).run() }
    }

    @Test func `drain finishes active responses, then run returns`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.text("a"), .wait(for: gate), .text("b")])
        let (servers, ready) = AsyncStream.makeStream(of: RunningServer.self)
        let running = Task {
            try await Server(backend, configuration: ServerConfiguration(port: 0)).run { ready.yield($0) }
        }
        for await server in servers {
            let client = try await RawClient(server)
            try await client.sendChat()
            try await eventually { backend.started == 1 }
            server.drain()
            server.drain()
            try await eventually { (try? await RawClient(port: server.port)) == nil }
            gate.open()
            #expect(try await client.receiveResponse().code == 200)
            await client.close()
            break
        }
        try await running.value
        #expect(backend.finished == 1)
    }

    @Test(arguments: [false, true])
    func `shutdown ends active responses, at once or during a drain`(isDraining: Bool) async throws {
        let backend = ScriptedBackend([.hang])
        try await withClient(of: backend, .with(\.drainTimeout, .seconds(600))) { client, server in
            try await client.sendChat()
            try await eventually { backend.started == 1 }
            if isDraining { server.drain() }
            server.shutdown()
            #expect(try await client.receiveResponse().code == 503)
        }
        #expect(backend.cancelled == 1)
    }

    @Test func `cancelling the task during a drain ends the responses`() async throws {
        let backend = ScriptedBackend([.hang])
        let (servers, ready) = AsyncStream.makeStream(of: RunningServer.self)
        let running = Task {
            try await Server(backend, configuration: .with(\.drainTimeout, .seconds(600))).run { ready.yield($0) }
        }
        for await server in servers {
            let client = try await RawClient(server)
            try await client.sendChat()
            try await eventually { backend.started == 1 }
            server.drain()
            try await eventually { (try? await RawClient(port: server.port)) == nil }
            running.cancel()
            #expect(try await client.receiveResponse().code == 503)
            await client.close()
            break
        }
        try await running.value
        #expect(backend.cancelled == 1)
    }

    @Test func `cancelling the task during a drain counts also while the body runs`() async throws {
        let backend = ScriptedBackend([.hang])
        let (servers, ready) = AsyncStream.makeStream(of: RunningServer.self)
        let running = Task {
            try await withServer(backend, configuration: .with(\.drainTimeout, .seconds(600))) { server in
                ready.yield(server)
                while !Task.isCancelled { await Task.yield() }
            }
        }
        for await server in servers {
            let client = try await RawClient(server)
            try await client.sendChat()
            try await eventually { backend.started == 1 }
            server.drain()
            running.cancel()
            #expect(try await client.receiveResponse().code == 503)
            await client.close()
            break
        }
        try await running.value
    }

    @Test func `an observer that hangs does not keep a server from ending`() async throws {
        let gate = Gate()
        let isWaiting = Gate()
        try await withServer(ScriptedBackend()) { server in
            server.onRequestEnd { _ in
                isWaiting.open()
                try? await gate.pass()
            }
        } while: { server in
            let client = try await RawClient(server)
            _ = try await client.ask(.get, "/health")
            try await isWaiting.pass()
            await client.close()
        }
        #expect(!gate.isOpen)
        gate.open()
    }

    @Test func `onStart precedes the first connection, and onEnd follows the last record`() async throws {
        let events = Mutex<[String]>([])
        @Sendable func record(_ event: String) { events.withLock { $0.append(event) } }
        try await withServer(ScriptedBackend()) { server in
            for name in ["a", "b"] {
                server.onStart { running in
                    let client = try? await RawClient(port: running.port)
                    record(client == nil ? "start \(name)" : "connected before start \(name)")
                }
                server.onEnd { _, error in record("end \(name) \(error == nil)") }
            }
            server.onRequestEnd { record("\($0.count) record") }
        } while: { server in
            let client = try await RawClient(server)
            #expect(try await client.ask(.get, "/health").code == 200)
            await client.close()
        }
        #expect(events.withLock { $0 } == ["start a", "start b", "1 record", "end b true", "end a true"])
    }

    @Test(arguments: ["start", "body"])
    func `onEnd gets the error that ended the run, also that of onStart`(place: String) async throws {
        struct Oops: Error {}
        let ends = Mutex<[Bool]>([])
        let backend = ScriptedBackend()
        var server = Server(backend, configuration: ServerConfiguration(port: 0))
        server.onStart { _ in if place == "start" { throw Oops() } }
        server.onEnd { _, error in ends.withLock { $0.append(error is Oops) } }
        await #expect(throws: Oops.self) { try await server.run { _ in throw Oops() } }
        #expect(ends.withLock { $0 } == [true])
    }

    @Test func `an address that is listed twice is an error`() async throws {
        let port = try await withServer(ScriptedBackend()) { $0.port }
        var configuration = ServerConfiguration(loopCount: 2)
        configuration.listen = [.tcp(port: port), .tcp(port: port)]
        let server = Server(ScriptedBackend(), configuration: configuration)
        let error = await #expect(throws: ServerError.self) { try await server.run { $0.drain() } }
        #expect(error?.description == "cannot listen on 127.0.0.1:\(port) twice")
    }

    @Test func `an error of onReady ends the server, and is thrown`() async throws {
        struct Oops: Error {}
        var port = 0
        await #expect(throws: Oops.self) {
            try await Server(ScriptedBackend(), configuration: ServerConfiguration(port: 0)).run { server in
                port = server.port
                throw Oops()
            }
        }
        #expect(port > 0)
        await #expect(throws: (any Error).self) { try await RawClient(port: port) }
    }

    @Test func `one server runs several times, each as it is configured then`() async throws {
        var server = Server(ScriptedBackend(), configuration: ServerConfiguration(port: 0))
        let before = server
        try server.route(.get, "/own") { _, writer in writer.send(HTTPResponse(text: "own")) }
        for (server, status) in [(server, 200), (server, 200), (before, 404)] {
            try await server.run { running in
                let client = try await RawClient(running)
                let response = try await client.ask(.get, "/own")
                #expect(response.code == status)
                await client.close()
                running.drain()
            }
        }
    }
}
