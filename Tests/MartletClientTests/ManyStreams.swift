import Martlet
import MartletClient
import MartletTestSupport
import MartletTesting
import Testing

/// So many streams of one client at the same time, each of which has told its first piece while all wait for the last;
/// afterwards nothing of them is left.
func holdsManyStreams(_ count: Int) async throws {
    let gate = Gate()
    var backend = ScriptedBackend([.text("a"), .wait(for: gate), .text("b")])
    backend.maxConcurrency = count
    let before = openDescriptors()
    let server = backend
    try await withServer(server, configuration: ServerConfiguration(port: 0)) { (server) async throws in
        try await withTransport { (transport) async throws in
            let client = Client("http://127.0.0.1:\(server.port)", model: "scripted", transport: transport)
            let texts = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<count { group.addTask { try await client.stream("Hi").reply().content } }
                try await eventually { backend.started == count && server.counters.generatedTokens == count }
                #expect(server.counters.openConnections == count)
                gate.open()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(texts == Array(repeating: "ab", count: count))
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
        }
        try await eventually { server.counters.openConnections == 0 }
    }
    #expect(openDescriptors() <= before + 2)
}
