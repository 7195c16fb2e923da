import Martlet
import MartletTestSupport
import MartletTesting
import MartletUV
import Synchronization
import Testing

@testable import MartletGateway

/// Gateways in front of a name with several addresses, on 127.0.0.1 and 127.0.0.2.
@Suite(.serialized)
struct ResolutionTests {
    private final class Names: Sendable {
        private let addresses = Mutex<[String]?>(nil)

        func set(_ texts: [String]?) { addresses.withLock { $0 = texts } }

        func resolve(_ host: String) -> [IPAddress]? {
            host == "model.internal" ? addresses.withLock { $0?.compactMap { IPAddress($0) } } : nil
        }
    }

    @Test func `requests go to all addresses of a name, with the name as Host, and to those that it has later`()
        async throws
    {
        let models = FaultStep.json(#"{"object":"list","data":[{"id":"m","object":"model"}]}"#)
        // The health check, the list of models, then answers.
        func server(_ name: String, host: String, port: Int = 0) async throws -> FaultServer {
            try await FaultServer([[.json("{}")], [models], [OperatorTests.answer(name)]], host: host, port: port)
        }
        let first = try await server("one", host: "127.0.0.1")
        let second = try await server("other", host: "127.0.0.2", port: first.port)
        let names = Names()
        names.set(["127.0.0.1", "127.0.0.2"])
        var configuration = GatewayConfiguration()
        configuration.healthInterval = .seconds(600)
        let gateway = try Gateway(
            [Upstream("http://model.internal:\(first.port)", kind: .vLLM, name: "gpu")], configuration: configuration,
            resolvingBy: { names.resolve($0) })
        try await withServer(gateway) { server in
            #expect(gateway.reports.map(\.name) == ["gpu@127.0.0.1", "gpu@127.0.0.2"])
            #expect(gateway.reports.map(\.state) == [.ready, .ready])
            let client = try await RawClient(server)
            func ask() async throws -> String { try await client.post(OperatorTests.chat, OperatorTests.body).text }
            func askUntilBoth() async throws {
                var texts: Set<String> = []
                while texts.count < 2 { texts.insert(try await ask()) }
            }
            try await askUntilBoth()
            for _ in 0..<2 {
                // So do requests whose answers come as events; the name does not resolve anywhere else.
                let body = String(OperatorTests.body.dropLast()) + #","stream":false}"#
                #expect(try await client.post("/api/chat", body).head.status == .ok)
            }
            for server in [first, second] {
                let request = try #require(server.requests.last)
                #expect(request.head.fields["host"] == "model.internal:\(first.port)")
            }
            // A resolution that fails changes nothing.
            names.set(nil)
            await gateway.discovery.resolveAll()
            try await askUntilBoth()
            names.set(["127.0.0.2", "127.0.0.3"])
            await gateway.discovery.resolveAll()
            #expect(gateway.reports.map(\.name) == ["gpu@127.0.0.2", "gpu@127.0.0.3"])
            for _ in 0..<6 { #expect(try await ask().contains("other"), "nothing is known of the third one") }
            await client.close()
        }
        for server in [first, second] { await server.shutDown() }
    }

    @Test func `one address of a name fails alone`() async throws {
        let server = try await FaultServer([[OperatorTests.answer("one")]])
        let gateway = try Gateway(
            [Upstream("http://model.internal:\(server.port)", kind: .martlet, name: "gpu", models: ["m": "m"])],
            configuration: GatewayConfiguration(),
            resolvingBy: { _ in ["127.0.0.1", "127.0.0.4"].compactMap { IPAddress($0) } })
        try await withServer(gateway) { running in
            let client = try await RawClient(running)
            for _ in 0..<30 {
                let response = try await client.post(OperatorTests.chat, OperatorTests.body)
                #expect(response.head.status == .ok)
            }
            await client.close()
            let reports = gateway.reports
            #expect(reports.map(\.name) == ["gpu@127.0.0.1", "gpu@127.0.0.4"])
            #expect(reports[0].state == .ready && reports[0].failures == 0)
            #expect(reports[1].breaker != .closed && reports[1].failures >= 5)
        }
        await server.shutDown()
    }
}
