import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// The file of run events that `martlet serve --events` writes.
@Suite(.serialized) struct RunEventsTests {
    private static let body = #"{"model":"toy","prompt":[1,2,3],"max_tokens":4,"ignore_eos":true}"#

    /// Sends a completion, and returns the response's status.
    @discardableResult private func complete(_ client: RawClient, _ body: String = Self.body) async throws -> Int {
        try await client.ask(.post, "/v1/completions", fields: ["Content-Type": "application/json"], body: body).code
    }

    /// What the format's own test of a server asserts, value for value, and the end that it wishes for.
    @Test func `the assertions of the format's author hold`() async throws {
        try await withTemporaryFolder { folder in
            let environment = ["TAO_RUN_DIR": folder + "/run", "TOY_RUN_ID": "gate-serve", "MARTLET_PORT": "0"]
            let usage = try await MartletExecutable.serve([], environment: environment) { (server) async throws in
                let client = try await server.connect()
                #expect(try await client.ask(.get, "/v1/models").code == 200)
                let response = try await client.ask(.post, "/v1/completions", body: Self.body)
                #expect(response.code == 200)
                server.child.signal(SIGTERM)
                let outcome = try await server.child.outcome(within: .seconds(30))
                #expect(outcome.code == 0)
                return try response.json()["usage"]?.object
            }
            #expect(usage?["prompt_tokens"] == 3 && usage?["completion_tokens"] == 4)
            let recorded = try RecordedEvents(folder + "/run/events.jsonl")
            let first = recorded.start
            #expect(first["kind"] == "run_start" && first["phase"] == "serve" && first["schema"] == "toy/v1")
            #expect(first["run_id"] == "gate-serve")
            let event = try #require(recorded.events.first { $0["extra"]?["endpoint"] == "/v1/completions" })
            #expect(event["kind"] == "eval" && event["phase"] == "serve" && event["name"] == "request")
            let extra = try #require(event["extra"]?.object)
            #expect(extra["model"] == "toy" && extra["prompt_tokens"] == 3 && extra["completion_tokens"] == 4)
            #expect(try #require(extra["latency_us"]?.number?.int) > 0)
            #expect(extra["request_id"]?.string?.isEmpty == false)
            #expect(extra["sampling"]?["max_tokens"] == 4 && extra["sampling"]?["temperature"] != nil)
            #expect(recorded.events.allSatisfy { $0["t"]?.number?.double ?? -1 >= 0 })
            let last = recorded.end
            #expect(last["kind"] == "run_end" && last["reason"] == "completed" && last["exit_code"] == 0)
            let model = try #require(first["model"]?.object)
            #expect(model["arch"] == "gpt2" && model["name"] == "toy" && model["path"] == "embedded")
            for name in ["vocab", "d_model", "n_layers", "n_heads", "n_kv", "d_head", "d_ff"] {
                #expect(model[name]?.number?.int ?? 0 > 0, "\(name)")
            }
            #expect(first["backend"]?["kind"] == "cpu" && model["weight_type"] == "f16")
            #expect(first["config"]?["running"] == 32 && first["config"]?["threads"]?.number?.int ?? 0 > 0)
        }
    }

    @Test func `a killed server leaves whole lines, and the next one closes and renames its file`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/events.jsonl"
            try await MartletExecutable.serve(["--port", "0", "--events", path]) { (server) async throws in
                let client = try await server.connect()
                #expect(try await complete(client) == 200)
                #expect(try await complete(client, "{") == 400)
                try await eventually("both events") {
                    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 3
                }
                server.child.signal(SIGKILL)
                #expect(try await server.child.outcome().code == -SIGKILL)
            }
            #expect(try RecordedEvents(path, isComplete: false).statuses == [200, 400])
            // A line that was cut, as by a machine that stops.
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(#"{"kind":"eval","t":9"#.utf8))
            try handle.close()
            try await MartletExecutable.serve(["--port", "0", "--events", path]) { (server) async throws in
                #expect(server.child.errors.text.contains("are now in \(folder)/events.1.jsonl"))
                #expect(try await complete(server.connect()) == 200)
                server.child.signal(SIGTERM)
                #expect(try await server.child.outcome().code == 0)
            }
            let aborted = try RecordedEvents(folder + "/events.1.jsonl")
            #expect(aborted.end["reason"] == "aborted" && aborted.end["exit_code"] == nil)
            #expect(aborted.stat("requests") == 2 && aborted.stat("errors") == 1 && aborted.stat("tokens_out") == 4)
            let recorded = try RecordedEvents(path)
            #expect(recorded.statuses == [200] && recorded.end["reason"] == "completed")
            #expect(recorded.start["run_id"] != aborted.start["run_id"])
        }
    }

    @Test func `a second server on the file does not start, and the first one goes on`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/events.jsonl"
            try await MartletExecutable.serve(["--port", "0", "--events", path]) { (server) async throws in
                let second = try await MartletExecutable.run("serve", "--port", "0", "--events", path)
                #expect(second.code == 1 && second.output == "", "\(second)")
                #expect(
                    second.errors == "martlet: another server records its events in \(path): end it, or choose another "
                        + "file with --events.\n")
                #expect(try await complete(server.connect()) == 200)
                server.child.signal(SIGINT)
                #expect(try await server.child.outcome().code == 0)
            }
            #expect(try RecordedEvents(path).statuses == [200])
        }
    }

    @Test func `a second signal is recorded as an interruption, with the requests that it ended`() async throws {
        try await withTemporaryFolder { folder in
            try await MartletExecutable.serve(["--port", "0", "--events-dir", folder, "--run-id", "two"]) {
                (server) async throws in
                let stream = try await server.longStream(prompts: 500)
                server.child.signal(SIGTERM)
                try await eventually("the drain") { await !server.accepts() }
                server.child.signal(SIGTERM)
                while try await stream.receiveEvent() != nil {}
                #expect(try await server.child.outcome().code == 0)
            }
            let recorded = try RecordedEvents(folder + "/two/events.jsonl")
            #expect(recorded.end["reason"] == "interrupted" && recorded.end["exit_code"] == 0)
            #expect(recorded.requests.count == 1 && recorded.requests.first?["cancelled_by"] == "shutdown")
            #expect(recorded.stat("errors") == 1)
        }
    }

    @Test func `times are in UTC in any time zone and locale`() async throws {
        try await withTemporaryFolder { folder in
            let environment = ["TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "MARTLET_EVENTS_DIR": folder]
            try await MartletExecutable.serve(["--port", "0"], environment: environment) { (server) async throws in
                server.child.signal(SIGTERM)
                #expect(try await server.child.outcome().code == 0)
            }
            let run = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
            #expect(run.wholeMatch(of: /gpt2-\d{8}-001/) != nil, "\(run)")
            let recorded = try RecordedEvents("\(folder)/\(run)/events.jsonl")
            let text = try #require(recorded.start["started_at"]?.string)
            let seconds = try Date(text, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
            #expect(abs(seconds.timeIntervalSinceNow) < 600, "\(text)")
        }
    }

    // MARK: Disks

    @Test func `beyond the limit of a file's size, requests are served and events are dropped`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/events.jsonl"
            // 8 blocks of 512 bytes, or of 1 KiB.
            try await MartletExecutable.serve(["--port", "0", "--events", path], limit: "-f 8") {
                (server) async throws in
                let client = try await server.connect()
                for _ in 0..<40 { #expect(try await complete(client) == 200) }
                server.child.signal(SIGTERM)
                let outcome = try await server.child.outcome()
                #expect(outcome.code == 0)
                let warnings = outcome.errors.split(separator: "\n").filter { $0.contains("events are dropped until") }
                #expect(warnings.count == 1, "\(outcome.errors)")
            }
            // The end is shorter than a request, so there may be room for it.
            let recorded = try RecordedEvents(path, isComplete: nil)
            #expect((1..<40).contains(recorded.requests.count))
            if recorded.end["kind"] == "run_end" { #expect(recorded.stat("dropped") == 40 - recorded.requests.count) }
        }
    }

    /// Whether the tests may mount a file system: as root, in a container with that right.
    private static let mayMount: Bool = {
        let folder = URL.temporaryDirectory.appending(path: "martlet-mount-\(UUID().uuidString)").path
        return run(
            "mkdir \(folder) && mount -t tmpfs -o size=64k none \(folder) && umount \(folder); r=$?; rmdir \(folder); exit $r"
        )
    }()

    @discardableResult private static func run(_ script: String) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test(.enabled(if: mayMount, "mounting a file system is not permitted here"))
    func `a disk that is full at the start is an error`() async throws {
        try await withTemporaryFolder { folder in
            try #require(Self.run("mount -t tmpfs -o size=64k none \(folder)"))
            defer { Self.run("umount \(folder)") }
            let killed = #"{"kind":"run_start","schema":"toy/v1","t":0}"# + "\n"
            try Data((killed + String(repeating: " ", count: 4094 - killed.utf8.count) + "\n").utf8)
                .write(to: URL(filePath: folder + "/killed.jsonl"))
            Self.run("cat /dev/zero > \(folder)/filler")
            for name in ["events", "killed"] {
                let outcome = try await MartletExecutable.run(
                    "serve", "--port", "0", "--events", "\(folder)/\(name).jsonl")
                #expect(outcome.code == 1 && outcome.output == "")
                #expect(
                    outcome.errors == "martlet: cannot write to \(folder)/\(name).jsonl: no space left on device.\n",
                    "\(outcome)")
            }
        }
    }

    @Test(.enabled(if: mayMount, "mounting a file system is not permitted here"))
    func `on a full disk requests are served, and recording goes on when there is room again`() async throws {
        try await withTemporaryFolder { folder in
            try #require(Self.run("mount -t tmpfs -o size=64k none \(folder)"))
            defer { Self.run("umount \(folder)") }
            let (path, filler) = (folder + "/events.jsonl", folder + "/filler")
            try Data(count: 48 * 1024).write(to: URL(filePath: filler))
            try await MartletExecutable.serve(["--port", "0", "--events", path]) { (server) async throws in
                let client = try await server.connect()
                for _ in 0..<60 { #expect(try await complete(client) == 200) }
                try await eventually("the warning") { server.child.errors.text.contains("events are dropped until") }
                try FileManager.default.removeItem(atPath: filler)
                for _ in 0..<5 { #expect(try await complete(client) == 200) }
                server.child.signal(SIGTERM)
                let outcome = try await server.child.outcome()
                #expect(outcome.code == 0)
                #expect(
                    outcome.errors.components(separatedBy: "events are dropped until").count == 2, "\(outcome.errors)")
                #expect(outcome.errors.contains("are written again"))
            }
            let recorded = try RecordedEvents(path)
            let dropped = try #require(recorded.stat("dropped"))
            #expect(dropped > 0 && recorded.requests.count > 5)
            #expect(recorded.stat("requests") == 65 && recorded.requests.count + dropped == 65)
            #expect(recorded.end["reason"] == "completed")
        }
    }
}
