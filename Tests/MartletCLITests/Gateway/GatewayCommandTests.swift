import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// `martlet gateway`: its options, and a request through it.
@Suite(.serialized) struct GatewayCommandTests {
    @Test(arguments: [
        ([], "needs an --upstream"), (["--upstream", ""], "must be a URL"), (["--upstream", "ftp://x"], "'ftp://x'"),
        (["--upstream", "http://x,kin=vllm"], "Did you mean 'kind='?"), (["--upstream", "x,kind=vlm"], "'vlm'"),
        (["--upstream", "http://x,api=chat"], "api= of --upstream must be responses or messages"),
        (["--upstream", "x:0"], "a port within 1...65535"), (["--upstream", "http://a:b@x"], "without a user name"),
        (["--upstream", "x,ca_file=none.pem"], "ca_file= of --upstream names a file that cannot be used"),
        (["--upstream", "x,weight=0"], "weight= of"), (["--upstream", "x,priority=-1"], "priority= of"),
        (["--upstream", "x,forward_key=yes"], "forward_key= of"),
        (["--upstream", "x,key=A,forward_key=true"], "contradicts key="),
        (["--upstream", "x,key=MARTLET_NO_SUCH_KEY"], "MARTLET_NO_SUCH_KEY, which is not set"),
        (["--upstream", "x", "--upstream", "http://x"], "Two upstreams have the name x"),
        (["--upstream", "x", "--routing", "random"], "'random'"), (["--upstream", "x", "--port=-1"], "-1"),
        (["--upstream", "x", "--config", "y"], "--upstream contradicts --config"),
        (["--config", ""], "--config needs a file"),
        (["--pass-through", "--config", "y"], "--pass-through contradicts --config"),
        (["--routing", "x", "--config", "y"], "--routing contradicts --config"), (["--check"], "--check needs a file"),
    ])
    func `an invalid option is named in one line`(options: [String], words: String) async throws {
        let outcome = try await ChildProcess.run(MartletExecutable.url, ["gateway"] + options) {
            try await $0.outcome()
        }
        #expect(outcome.code != 0 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.hasPrefix("martlet: ") && outcome.errors.contains(words), "\(outcome)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
    }

    @Test func `a file is checked, and every problem is a line`() async throws {
        try await TemporaryFile.with("upstreams:\n- url: http://gpu-1:8000\n  kind: vllm\n") { file in
            let valid = try await MartletExecutable.run("gateway", "--config", file.path, "--check")
            let lines = [
                "\(file.path) is valid", "upstream gpu-1:8000: vllm at http://gpu-1:8000/v1, all models that it lists",
                "routing: least-outstanding",
            ]
            #expect(valid == .init(code: 0, output: lines.map { "\($0)\n" }.joined(), errors: ""))
            try file.write("upstreams:\n- url: x\n  weigth: 2\nretries: x\n")
            let invalid = try await MartletExecutable.run(
                "gateway", "--check", environment: ["MARTLET_CONFIG": file.path])
            #expect(invalid.code == 78 && invalid.output == "")
            let problems = invalid.errors.split(separator: "\n")
            #expect(
                problems.count == 2 && problems.allSatisfy { $0.hasPrefix("martlet: \(file.path):") }, "\(problems)")
            let started = try await MartletExecutable.run("gateway", "--config", file.path)
            #expect(started == invalid)
        }
    }

    @Test func `variables that name upstreams twice contradict each other`() async throws {
        let outcome = try await MartletExecutable.run(
            "gateway", environment: ["MARTLET_CONFIG": "x", "MARTLET_UPSTREAM": "y"])
        #expect(outcome.code == 64 && outcome.errors.contains("MARTLET_UPSTREAM contradicts MARTLET_CONFIG"))
    }

    @Test func `it says what it relays and where, and relays it`() async throws {
        let answer =
            #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m","#
            + #""usage":{"prompt_tokens":1,"total_tokens":1}}"#
        try await withFaultServer([.json(answer)]) { upstream in
            let options = ["--upstream", "\(upstream.url),model=small=m,forward_key=true", "--port", "0"]
            try await ChildProcess.run(MartletExecutable.url, ["gateway"] + options) { gateway in
                try await eventually("the greeting") { gateway.output.text.hasSuffix("\n") }
                let greeting = gateway.output.text.dropLast()
                #expect(greeting.hasPrefix("Martlet \(Version.current) relays small on http://127.0.0.1:"))
                let port = try #require(greeting.split(separator: ":").last.flatMap { Int($0) })
                let client = try await RawClient(port: port)
                let response = try await client.ask(
                    .post, "/v1/embeddings",
                    fields: ["Content-Type": "application/json", "Authorization": "Bearer mine"],
                    body: #"{"model":"small","input":"a"}"#)
                await client.close()
                #expect(upstream.requests.map { $0.head.fields["authorization"] } == ["Bearer mine"])
                #expect(String(decoding: response.body, as: UTF8.self) == answer.replacing("\"m\"", with: "\"small\""))
            }
        }
    }
}
