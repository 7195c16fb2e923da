import Foundation
import MartletTestSupport
import MartletTesting
import Testing

/// `martlet upstreams`.
@Suite(.serialized) struct UpstreamsCommandTests {
    private static let key = "a-key-that-is-long-enough-for-everyone-0123456789"

    @Test func `the table has a line for each upstream, and needs a key`() async throws {
        let options = [
            "gateway", "--upstream",
            "http://127.0.0.1:\(try FaultServer.refusedPort()),name=one,kind=vllm,model=small=m",
            "--upstream", "http://127.0.0.1:\(try FaultServer.refusedPort()),name=two,model=big", "--port", "0",
        ]
        try await ChildProcess.run(MartletExecutable.url, options, environment: ["MARTLET_API_KEY": Self.key]) {
            gateway in
            try await eventually("the greeting") { gateway.output.text.hasSuffix("\n") }
            let port = try #require(gateway.output.text.dropLast().split(separator: ":").last)
            let url = "http://127.0.0.1:\(port)"
            let table = try await MartletExecutable.run("upstreams", "--url", url, "--api-key", Self.key)
            #expect(table.code == 0 && table.errors == "", "\(table)")
            let lines = table.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(lines.count == 3)
            #expect(lines[0].starts(with: ["UPSTREAM", "STATE", "BREAKER", "ACTIVE"]))
            #expect(lines[1] == ["one", "ready", "closed", "0", "0", "0", "0", "0", "-", "-", "-", "small"])
            #expect(lines[2] == ["two", "ready", "closed", "0", "0", "0", "0", "0", "-", "-", "-", "big"])
            let refused = try await MartletExecutable.run("upstreams", "--url", url)
            #expect(refused.code != 0 && refused.output == "", "\(refused)")
            #expect(refused.errors.contains("Set MARTLET_API_KEY"), "\(refused)")
        }
    }

    @Test func `a server that is not there, or no gateway, is said in one line`() async throws {
        let gone = try await MartletExecutable.run(
            "upstreams", "--url", "http://127.0.0.1:\(try FaultServer.refusedPort())")
        #expect(gone.code != 0 && gone.errors.split(separator: "\n").count == 1, "\(gone)")
        try await withFaultServer([.json("{}", status: 404)]) { server in
            let outcome = try await MartletExecutable.run("upstreams", "--url", server.url)
            #expect(outcome.code != 0 && outcome.errors.contains("has no /admin/upstreams"), "\(outcome)")
        }
    }
}
