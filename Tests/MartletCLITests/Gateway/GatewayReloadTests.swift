import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// A gateway whose configuration file changes while it runs.
@Suite(.serialized) struct GatewayReloadTests {
    private static let chat = "/v1/chat/completions"
    private static let fields: HTTPFields = ["Content-Type": "application/json"]

    private static func body(isStreamed: Bool = false) -> String {
        #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":\#(isStreamed)}"#
    }

    private static func answer(_ id: String) -> FaultStep {
        .json(
            #"{"id":"\#(id)","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
                + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#)
    }

    private static func file(_ upstreams: [(name: String, server: FaultServer)], _ rest: String = "") -> String {
        let lines = upstreams.map { "- {name: \($0.name), url: \"\($0.server.url)\", models: [m]}\n" }
        return "upstreams:\n" + lines.joined() + rest
    }

    /// Runs `martlet gateway` with the file.
    private static func run(
        _ file: TemporaryFile, _ options: [String] = [], _ body: (ChildProcess, RawClient, Int) async throws -> Void
    ) async throws {
        let arguments = ["gateway", "--config", file.path, "--port", "0"] + options
        try await ChildProcess.run(MartletExecutable.url, arguments) { child in
            try await eventually("the greeting; what came is \(child.errors.text)") {
                child.output.text.hasSuffix("\n")
            }
            let port = try #require(child.output.text.dropLast().split(separator: ":").last.flatMap { Int($0) })
            let client = try await RawClient(port: port)
            try await body(child, client, port)
            await client.close()
            child.signal(SIGTERM)
            #expect(try await child.outcome().code == 0)
        }
    }

    private static func ask(_ client: RawClient) async throws -> String {
        let response = try await client.ask(.post, chat, fields: fields, body: body())
        return String(decoding: response.body, as: UTF8.self)
    }

    /// How often something is in the log of the gateway.
    private static func count(_ text: String, _ child: ChildProcess) -> Int {
        child.errors.text.components(separatedBy: text).count - 1
    }

    @Test func `on SIGHUP the file is read again, and no stream is dropped`() async throws {
        let gate = Gate()
        let steps: [FaultStep] = [
            .streamHead, .delta("One"), .wait(for: gate), .delta("Two"), .finish(), .done, .close,
        ]
        try await withFaultServer(steps) { old in
            try await withFaultServer([Self.answer("new")]) { new in
                try await TemporaryFile.with(Self.file([("old", old)])) { file in
                    try await Self.run(file) { child, client, port in
                        let stream = try await RawClient(port: port)
                        try await stream.send(
                            .post, Self.chat, fields: Self.fields, body: Self.body(isStreamed: true))
                        _ = try await stream.receiveHead()
                        try file.write(Self.file([("new", new)], "retries: 1\n"))
                        child.signal(SIGHUP)
                        let change = "\(file.path) has been read: added new; removed old; changed the settings\n"
                        try await eventually("the change") { Self.count(change, child) == 1 }
                        #expect(try await Self.ask(client).contains(#""id":"new""#))
                        gate.open()
                        let rest = try await stream.restOfStream()
                        #expect(rest.isDone && rest.errors == 0 && rest.endings == 1)
                        await stream.close()
                    }
                }
                #expect((old.requests.count, new.requests.count) == (1, 1))
            }
        }
    }

    @Test func `a file that is wrong changes nothing, and says so with line and key`() async throws {
        try await withFaultServer([Self.answer("old")], [Self.answer("old")]) { old in
            try await TemporaryFile.with(Self.file([("old", old)])) { file in
                try await Self.run(file) { child, client, _ in
                    try file.write("upstreams:\n- url: x\n  weigth: 2\n- u")
                    child.signal(SIGHUP)
                    try await eventually("the error") { Self.count("the gateway stays as it was", child) == 1 }
                    let line = try #require(
                        child.errors.text.split(separator: "\n").first { $0.contains("error martlet") })
                    #expect(
                        line.contains("\(file.path):3: unknown key 'weigth' in upstreams[0]; did you mean 'weight'?"))
                    #expect(line.contains("; \(file.path):4: upstreams[1] must be a mapping"))
                    #expect(try await Self.ask(client).contains(#""id":"old""#))
                    try FileManager.default.removeItem(at: file.url)
                    child.signal(SIGHUP)
                    try await eventually("the error") { Self.count("there is no such file", child) == 1 }
                    #expect(try await Self.ask(client).contains(#""id":"old""#))
                    try file.write(Self.file([("old", old)]))
                    child.signal(SIGHUP)
                    try await eventually("the file") { Self.count("has been read: no setting has changed", child) == 1 }
                }
            }
        }
    }

    @Test func `a change of the prices counts for the requests after it, and a price that is wrong for none`()
        async throws
    {
        func prices(_ input: String) -> String {
            "prices: {currency: EUR, models: {m: {input: \(input), output: 0}}}\n"
        }
        let answer = FaultStep.json(
            #"{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
                + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}],"#
                + #""usage":{"prompt_tokens":1000,"completion_tokens":1,"total_tokens":1001}}"#)
        try await withFaultServer([answer]) { server in
            try await TemporaryFile.with(Self.file([("one", server)], prices("2"))) { file in
                try await Self.run(file, ["--log-format", "text"]) { child, client, _ in
                    func costs(_ expected: [String]) async throws {
                        _ = try await Self.ask(client)
                        try await eventually("the costs \(expected)") {
                            child.output.text.matches(of: /\ cost=([0-9.]+EUR)\ /).map { String($0.1) } == expected
                        }
                    }
                    try await costs(["0.002EUR"])
                    try file.write(Self.file([("one", server)], prices("3")))
                    child.signal(SIGHUP)
                    try await eventually("the change") {
                        Self.count("has been read: changed the prices\n", child) == 1
                    }
                    try await costs(["0.002EUR", "0.003EUR"])
                    try file.write(Self.file([("two", server)], prices("-1")))
                    child.signal(SIGHUP)
                    try await eventually("the error") { Self.count("the gateway stays as it was", child) == 1 }
                    #expect(child.errors.text.contains("'input' in prices.models.m must be a price"))
                    try await costs(["0.002EUR", "0.003EUR", "0.003EUR"])
                    #expect(!child.output.text.contains("upstream=two"))
                }
            }
        }
    }

    @Test func `paths that Martlet does not have are relayed if the file says so`() async throws {
        try await withFaultServer([.json(#"{"results":[]}"#)]) { server in
            for isOn in [true, false] {
                try await TemporaryFile.with(Self.file([("one", server)], "pass_through: \(isOn)\n")) { file in
                    try await Self.run(file) { _, client, _ in
                        let response = try await client.ask(
                            .post, "/v1/rerank", fields: Self.fields, body: #"{"model":"m","query":"a"}"#)
                        #expect(response.code == (isOn ? 200 : 404))
                    }
                }
            }
            #expect(server.requests.map(\.head.path) == ["/v1/rerank"])
        }
    }

    @Test func `a change is noticed without a signal, and an error is reported once`() async throws {
        try await withFaultServer([Self.answer("old")]) { old in
            try await withFaultServer([Self.answer("new")]) { new in
                try await TemporaryFile.with(Self.file([("old", old)])) { file in
                    try await Self.run(file) { child, client, _ in
                        try file.write("upstreams: 1")
                        let error = "\(file.path):1: 'upstreams' must be a list, but it is '1'"
                        try await eventually("the error") { Self.count(error, child) == 1 }
                        // The same content at another time.
                        try file.write("upstreams: 1")
                        try await Task.sleep(for: .seconds(7))
                        #expect(Self.count(error, child) == 1)
                        #expect(try await Self.ask(client).contains(#""id":"old""#))
                        try file.write(Self.file([("old", new), ("more", old)]))
                        try await eventually("the change") {
                            Self.count("has been read: added more; changed old\n", child) == 1
                        }
                    }
                }
            }
        }
    }
}
