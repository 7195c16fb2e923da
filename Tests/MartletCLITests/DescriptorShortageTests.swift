import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// A server with a low limit on descriptors, and more clients than that.
struct DescriptorShortageTests {
    private func serve(descriptors: Int, _ body: (ServingProcess) async throws -> Void) async throws {
        let script = "ulimit -n \(descriptors); exec \"$0\" serve --port 0"
        try await ChildProcess.run(URL(filePath: "/bin/sh"), ["-c", script, MartletExecutable.url.path]) { child in
            try await eventually("the greeting; what came is \(child.output.text)\(child.errors.text)") {
                child.output.text.contains("curl")
            }
            let address = try #require(child.output.text.firstMatch(of: /on http:\/\/[\w.]+:(\d+)\s/))
            try await body(ServingProcess(child: child, port: try #require(Int(address.1))))
        }
    }

    @Test func `clients wait when the reserve is exhausted too, and none is reset`() async throws {
        try await serve(descriptors: 40) { server in
            var clients: [RawClient] = []
            for _ in 0..<60 { clients.append(try await server.connect()) }
            for client in clients { #expect(try await client.ask(.get, "/health").code == 200) }
            for client in clients { await client.close() }
            server.child.signal(SIGTERM)
            #expect(try await server.child.outcome().code == 0)
        }
    }

    @Test
    func `health responds when descriptors run short, and the log has one line for the beginning and one for the end`()
        async throws
    {
        try await serve(descriptors: 80) { server in
            let child = server.child
            var kept: [RawClient] = []
            var refused = 0
            for _ in 0..<120 {
                let client = try await server.connect()
                #expect(try await client.ask(.get, "/health").code == 200)
                let next = try? await client.ask(.get, "/v1/models")
                if next?.code == 200 { kept.append(client) } else { await client.close() }
            }
            #expect(kept.count > 20 && kept.count < 80)
            for _ in 0..<20 {
                let client = try await server.connect()
                let refusal = try await client.ask(.post, "/v1/completions", body: #"{"prompt":"Hi"}"#)
                #expect(refusal.code == 503 && refusal[field: "Retry-After"] != nil)
                #expect(refusal.text.contains("connections"))
                refused += 1
                await client.close()
            }
            #expect(refused == 20)
            for client in kept { await client.close() }
            try await eventually("the end of the shortage") { child.errors.text.contains("room for connections again") }
            let client = try await server.connect()
            #expect(try await client.ask(.get, "/v1/models").code == 200)
            await client.close()
            let log = child.errors.text
            #expect(log.split(separator: "\n").count == 2, "\(log)")
            #expect(log.contains("descriptors are open"))
            child.signal(SIGTERM)
            #expect(try await child.outcome().code == 0)
        }
    }
}
