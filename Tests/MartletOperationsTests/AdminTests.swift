import Martlet
import MartletHTTP
import MartletJSON
import MartletOperations
import MartletTestSupport
import MartletTesting
import Testing

/// Operating a server over HTTP: drains, addresses for operators, and who has called.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct AdminTests {
    private static let chat = #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}]}"#

    private static func configuration(adminListen: Bool = false, log: RecordedLog? = nil) -> ServerConfiguration {
        var configuration = ServerConfiguration(port: 0)
        if adminListen { configuration.adminListen = [.tcp(port: 0)] }
        if let log { configuration.logger = log.logger }
        return configuration
    }

    private static func operatorsPort(_ server: RunningServer) -> Int {
        server.adminAddresses.first?.port ?? server.port
    }

    /// Finds the answers of a drain that several clients ask for, while a generation runs.
    @Test(arguments: [false, true])
    func `a drain responds to everyone who asked when nothing else is active`(hasOwnAddress: Bool) async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.text("a"), .wait(for: gate), .text("b")])
        try await withServer(backend, configuration: Self.configuration(adminListen: hasOwnAddress)) { server in
            try server.serveAdmin()
        } while: { server in
            let client = try await RawClient(server)
            try await client.send(.post, "/v1/chat/completions", body: Self.chat)
            try await eventually { backend.started == 1 }
            var operators: [RawClient] = []
            for _ in 0..<2 { operators.append(try await RawClient(port: Self.operatorsPort(server))) }
            for one in operators { try await one.send(.post, "/admin/drain") }
            try await eventually { server.isDraining }
            try await eventually { (try? await RawClient(port: server.port)) == nil }
            try await eventually { server.counters.tasks == (hasOwnAddress ? 1 : 3) }
            gate.open()
            let response = try await client.receiveResponse()
            #expect(response.code == 200 && response.head.fields["Connection"] == "close")
            await client.close()
            for one in operators {
                let drained = try await one.receiveResponse()
                #expect(drained.code == 200)
                #expect(drained.text == #"{"status":"drained","interrupted":0}"#)
                await one.close()
            }
        }
        #expect(backend.finished == 1)
    }

    @Test(arguments: [false, true])
    func `a drain that takes too long reports how many responses it has interrupted`(hasOwnAddress: Bool) async throws {
        var configuration = Self.configuration(adminListen: hasOwnAddress)
        configuration.drainTimeout = .milliseconds(2100)
        let backend = ScriptedBackend([.hang])
        try await withServer(backend, configuration: configuration) { server in
            try server.serveAdmin()
        } while: { server in
            var clients: [RawClient] = []
            for _ in 0..<3 {
                let client = try await RawClient(server)
                try await client.send(.post, "/v1/chat/completions", body: Self.chat)
                clients.append(client)
            }
            try await eventually { backend.started == 3 }
            let one = try await RawClient(port: Self.operatorsPort(server))
            try await one.send(.post, "/admin/drain")
            for client in clients {
                #expect(try await client.receiveResponse().code == 503)
                await client.close()
            }
            #expect(try await one.receiveResponse().text == #"{"status":"drained","interrupted":3}"#)
            await one.close()
        }
    }

    @Test func `the addresses of operators have their routes, and those of clients do not`() async throws {
        try await withServer(ScriptedBackend([.text("a")]), configuration: Self.configuration(adminListen: true)) {
            server in
            try server.serveAdmin()
            try server.route(.get, "/figures", for: .operators) { _, writer, server in
                writer.send(HTTPResponse(text: "\(server.counters.openConnections)"))
            }
            try server.route(.get, "/own") { _, writer in writer.send(HTTPResponse(text: "own")) }
        } while: { server in
            let client = try await RawClient(server)
            let one = try await RawClient(port: Self.operatorsPort(server))
            for (method, path, forClients, forOperators) in [
                (HTTPMethod.get, "/health", 200, 200), (.get, "/health/ready", 200, 200), (.get, "/load", 200, 200),
                (.get, "/figures", 404, 200), (.get, "/admin/drain", 404, 405), (.get, "/own", 200, 404),
                (.get, "/v1/models", 200, 404), (.post, "/v1/chat/completions", 200, 404),
            ] {
                let body = method == .post ? Self.chat : ""
                #expect(try await client.ask(method, path, body: body).code == forClients, "\(path)")
                #expect(try await one.ask(method, path, body: body).code == forOperators, "\(path)")
            }
            // The connections of operators are not counted: a drain would wait for them.
            #expect(try await one.ask(.get, "/figures").text == "1")
            for client in [client, one] { await client.close() }
        }
    }

    @Test func `a drain needs the permission, and the log says who has asked`() async throws {
        let log = RecordedLog()
        try await withServer(ScriptedBackend(), configuration: Self.configuration(log: log)) { server in
            server.authenticator = NamedKeys()
            try server.serveAdmin()
        } while: { server in
            for (key, status) in [("", 401), ("infers", 403), ("operates", 200)] {
                let client = try await RawClient(server)
                let response = try await client.ask(
                    .post, "/admin/drain", fields: key.isEmpty ? [:] : ["Authorization": "Bearer \(key)"])
                #expect(response.code == status)
                await client.close()
            }
        }
        let lines = log.lines.filter { $0.contains("admin: ") }
        #expect(lines.count == 3)
        for (line, parts) in zip(
            lines,
            [["401", "error=invalid_api_key"], ["403", "principal=infers"], ["200", "principal=operates"]]
        ) {
            for part in parts + ["POST /admin/drain", "client=127.0.0.1"] { #expect(line.contains(part), "\(line)") }
        }
    }

    @Test(arguments: [false, true])
    func `a drain responds also while clients with half a request stay, and with a response that is not read`(
        completes: Bool
    ) async throws {
        var configuration = Self.configuration()
        configuration.drainTimeout = .milliseconds(2300)
        try await withServer(ScriptedBackend([.text("a")]), configuration: configuration) { server in
            try server.serveAdmin()
        } while: { server in
            let half = try await RawClient(server)
            let body = Self.chat
            try await half.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body.prefix(10))")
            let one = try await RawClient(server)
            try await one.send(.post, "/admin/drain")
            try await eventually { (try? await RawClient(port: server.port)) == nil }
            if completes {
                try await half.send(String(body.dropFirst(10)))
                #expect(try await half.receiveResponse().code == 200)
            }
            // It has its response, and stays connected.
            let interrupted = completes ? 0 : 1
            #expect(try await one.receiveResponse().text == #"{"status":"drained","interrupted":\#(interrupted)}"#)
            for client in [half, one] { await client.close() }
        }
    }

    @Test func `a drain whose caller leaves goes on`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.wait(for: gate), .text("b")])
        try await withServer(backend) { server in
            try server.serveAdmin()
        } while: { server in
            let client = try await RawClient(server)
            try await client.send(.post, "/v1/chat/completions", body: Self.chat)
            try await eventually { backend.started == 1 }
            let one = try await RawClient(server)
            try await one.send(.post, "/admin/drain")
            try await eventually { server.isDraining }
            await one.close()
            try await eventually { server.counters.tasks == 1 }
            gate.open()
            #expect(try await client.receiveResponse().code == 200)
            await client.close()
        }
        #expect(backend.finished == 1)
    }
}

/// Two keys, which are the names of their principals.
private struct NamedKeys: Authenticator {
    func authenticate(_ head: RequestHead) throws(OpenAIError) -> Principal? {
        switch head.fields["Authorization"] {
        case "Bearer infers": Principal("infers", permissions: [.infer])
        case "Bearer operates": Principal("operates", permissions: [.admin])
        default: nil
        }
    }
}
