import Foundation
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletCLI

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

    @Test(arguments: [20, 36, 50, 64, 80, 100, 200])
    func `a line is never cut: a narrow terminal gets fewer columns`(width: Int) throws {
        let row: JSONValue = [
            "name": "gpu-1.example.internal:8000", "state": "ready", "breaker": "half-open", "outstanding_requests": 12,
            "outstanding_tokens": 48211, "requests": ["answered": 10423], "failures": 2, "retries": 1,
            "first_token_ms": ["p50": 48, "p99": 210], "prefix_hit_rate": 0.87,
            "models": ["llama-3.1-8b", "llama-3.1-70b", "qwen-3-32b"],
        ]
        let whole = UpstreamTable([row]).text(width: nil).split(separator: "\n").map(String.init)
        #expect(whole.count == 2 && whole[1].hasSuffix("87 %  llama-3.1-8b, llama-3.1-70b, qwen-3-32b"))
        let lines = UpstreamTable([row]).text(width: width).split(separator: "\n").map(String.init)
        #expect(width < 36 || lines.allSatisfy { $0.count <= width }, "\(lines)")
        let titles = try #require(lines.first).split(separator: " ").map(String.init)
        let cells = try #require(lines.dropFirst().first)
        #expect(titles.starts(with: ["UPSTREAM", "STATE"]) && titles.contains("ACTIVE"))
        #expect(cells.contains(" ready ") && cells.contains("12"))
        let hidden = lines.dropFirst(2).joined(separator: " ").replacing("not shown: ", with: "")
        let names = hidden.split(separator: ", ").map(String.init)
        let all = try #require(whole.first).split(separator: " ").map(String.init)
        #expect(Set(titles).union(names) == Set(all) && titles.count + names.count == all.count, "\(lines)")
        #expect(width < 200 || names.isEmpty)
    }

    @Test func `a server that is not there, or no gateway, is said in one line`() async throws {
        let gone = try await MartletExecutable.run(
            "upstreams", "--url", "http://127.0.0.1:\(try FaultServer.refusedPort())")
        #expect(gone.code != 0 && gone.errors.split(separator: "\n").count == 1, "\(gone)")
        #expect(gone.errors.contains("Start a server with 'martlet gateway', or name another with --url."), "\(gone)")
        try await withFaultServer([.json("{}", status: 404)]) { server in
            let outcome = try await MartletExecutable.run("upstreams", "--url", server.url)
            #expect(outcome.code != 0 && outcome.errors.contains("has no /admin/upstreams"), "\(outcome)")
        }
    }
}
