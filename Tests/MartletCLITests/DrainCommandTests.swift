import Foundation
import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// `martlet drain`, and the addresses for operators.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct DrainCommandTests {
    private static let key = "a-key-that-is-long-enough-for-everyone-0123456789"

    @Test func `a drain by URL returns when the streams have ended, and the server ends with 0`() async throws {
        let environment = ["MARTLET_API_KEY": Self.key]
        try await MartletExecutable.serve(environment: environment) { server in
            let stream = try await server.longStream(prompts: 72, key: Self.key)
            async let drained = MartletExecutable.run(
                "drain", "--url", "http://127.0.0.1:\(server.port)", environment: environment)
            let rest = try await stream.restOfStream()
            #expect(rest.endings == 72 && rest.errors == 0 && rest.isDone)
            await stream.close()
            let drain = try await drained
            #expect(drain.code == 0 && drain.output == "drained\n", "\(drain)")
            let outcome = try await server.child.outcome()
            #expect(outcome.code == 0)
            #expect(outcome.errors.contains("POST /admin/drain"), "\(outcome.errors)")
        }
    }

    @Test func `a SIGTERM right after the drain of a preStop hook changes nothing`() async throws {
        let folder = URL.temporaryDirectory.appending(path: "martlet-drain-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for round in 0..<8 {
            let file = folder.appending(path: "\(round).jsonl").path
            let environment = ["MARTLET_API_KEY": Self.key, "MARTLET_EVENTS": file]
            try await MartletExecutable.serve(environment: environment) { server in
                let client = try await server.connect()
                let fields: HTTPFields = ["Authorization": "Bearer \(Self.key)"]
                #expect(
                    try await client.ask(
                        .post, "/v1/completions", fields: fields, body: #"{"prompt":"Hi","max_tokens":2}"#
                    )
                    .code == 200)
                #expect(try await client.ask(.post, "/admin/drain", fields: fields).code == 200)
                try await Task.sleep(for: .milliseconds(3 * round))
                server.child.signal(SIGTERM)
                await client.close()
                #expect(try await server.child.outcome().code == 0)
            }
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            #expect(lines.count { $0.contains(#""kind":"eval""#) } == 2)
            let end = try #require(lines.last)
            #expect(end.contains(#""kind":"run_end""#) && end.contains(#""reason":"completed""#), "\(end)")
        }
    }

    @Test func `the first signal during a drain by URL interrupts nothing`() async throws {
        let environment = ["MARTLET_API_KEY": Self.key]
        try await MartletExecutable.serve(environment: environment) { server in
            let stream = try await server.longStream(prompts: 72, key: Self.key)
            async let drained = MartletExecutable.run(
                "drain", "--url", "http://127.0.0.1:\(server.port)", environment: environment)
            try await eventually("connections to be refused") { await !server.accepts() }
            server.child.signal(SIGTERM)
            let rest = try await stream.restOfStream()
            #expect(rest.endings == 72 && rest.errors == 0 && rest.isDone)
            await stream.close()
            #expect(try await drained.output == "drained\n")
            #expect(try await server.child.outcome().code == 0)
        }
    }

    @Test func `a drain by process waits until it has ended`() async throws {
        try await MartletExecutable.serve { server in
            let stream = try await server.longStream(prompts: 72)
            async let drain = MartletExecutable.run("drain", "--pid", "\(server.child.identifier)")
            let rest = try await stream.restOfStream()
            #expect(rest.endings == 72 && rest.errors == 0 && rest.isDone)
            await stream.close()
            #expect(try await server.child.outcome().code == 0)
            let outcome = try await drain
            #expect(outcome.code == 0 && outcome.output == "drained\n", "\(outcome)")
        }
    }

    #if os(Linux)
        @Test func `a process that has ended is drained, also if its parent does not wait for it`() async throws {
            // The shell becomes a parent that knows nothing of its child, and the child has inherited a blocked SIGTERM.
            let script = "sleep 1 & echo $!; exec sleep 60"
            try await ChildProcess.run(URL(filePath: "/bin/sh"), ["-c", script]) { parent in
                try await eventually { parent.output.text.hasSuffix("\n") }
                let pid = parent.output.text.trimmingCharacters(in: .newlines)
                let outcome = try await MartletExecutable.run("drain", "--pid", pid)
                #expect(outcome.code == 0 && outcome.output == "drained\n", "\(outcome)")
                #expect(parent.isRunning)
            }
        }
    #endif

    @Test func `a server without keys has no route to drain it, except on an address for operators`() async throws {
        try await MartletExecutable.serve { server in
            let url = "http://127.0.0.1:\(server.port)"
            let outcome = try await MartletExecutable.run("drain", "--url", url)
            #expect(outcome.code == 1 && outcome.errors.contains("404"), "\(outcome)")
            let free = try await withServer(ScriptedBackend()) { $0.port }
            let arguments = ["--port", "0", "--admin-listen", "127.0.0.1:\(free)"]
            try await MartletExecutable.serve(arguments) { server in
                let outcome = try await MartletExecutable.run("drain", "--url", "http://127.0.0.1:\(free)/v1")
                #expect(outcome.code == 0 && outcome.output == "drained\n", "\(outcome)")
                #expect(try await server.child.outcome().code == 0)
            }
        }
    }

    @Test(arguments: [
        ([], "Give either --url or --pid"), (["--url", "http://a", "--pid", "2"], "Give either --url or --pid"),
        (["--pid", "1"], "--pid must be"), (["--pid=-5"], "--pid must be"),
        (["--pid", "2147483646"], "has the number 2147483646"),
        (["--pid", "2", "--timeout", "0"], "--timeout must be within"),
    ])
    func `invalid input is one line that names it`(arguments: [String], text: String) async throws {
        let outcome = try await ChildProcess.run(MartletExecutable.url, ["drain"] + arguments) {
            try await $0.outcome()
        }
        #expect(outcome.code == 64 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.contains(text) && outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test(arguments: [
        (["--admin-listen", "9090"], "'9090'"), (["--admin-listen", ":9090"], "a host before the port"),
        (["--admin-listen", "0.0.0.0:9090"], "Other machines may reach 0.0.0.0:9090"),
        (["--admin-listen", "127.0.0.1:70000"], "70000"), (["--drain-delay=-1"], "0...3600"),
        (["--trusted-proxy", "proxy.example"], "'proxy.example'"),
        (["--port", "18123", "--admin-listen", "127.0.0.1:18123"], "twice"),
    ])
    func `options of operation are checked at the start`(arguments: [String], text: String) async throws {
        let outcome = try await ChildProcess.run(MartletExecutable.url, ["serve"] + arguments) {
            try await $0.outcome()
        }
        #expect(outcome.code != 0 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.contains(text) && outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
}
