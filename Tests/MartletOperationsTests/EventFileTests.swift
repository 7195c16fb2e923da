import Foundation
import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletOperations

/// The files of several runs: their names, and what becomes of those of earlier runs.
@Suite(.serialized)
struct EventFileTests {
    private struct Failure: Error, CustomStringConvertible { let description = "the application failed" }

    private static let chat = #"{"messages":[{"role":"user","content":"x"}],"stream":true}"#

    /// Runs a server that records its events, and sends it `requests` chats.
    private nonisolated(nonsending) func serve(
        _ configuration: EventsConfiguration, requests: Int = 1, fields: HTTPFields = HTTPFields(),
        while body: nonisolated(nonsending) (RunningServer) async throws -> Void = { _ in }
    ) async throws {
        let backend = ScriptedBackend([
            .emit(.token(Token(id: 7, bytes: [0x61], logprob: -0.5))), .emit(.token(Token(id: 8, bytes: [0x62]))),
        ])
        try await withServer(backend) { server in
            server.recordEvents(configuration)
        } while: { running in
            let client = try await RawClient(running)
            for _ in 0..<requests {
                _ = try await client.ask(.post, "/v1/chat/completions", fields: fields, body: Self.chat)
            }
            await client.close()
            try await body(running)
        }
    }

    private func files(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    @Test func `a link stays a link, and the file that it leads to is rotated`() async throws {
        try await withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/disk", withIntermediateDirectories: false)
            let link = "\(folder)/events.jsonl"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "disk/run.jsonl")
            for count in 1...2 { try await serve(EventsConfiguration(.file(link)), requests: count) }
            #expect(try files(in: folder) == ["disk", "events.jsonl"])
            #expect(try files(in: "\(folder)/disk") == ["run.1.jsonl", "run.jsonl"])
            #expect(try RecordedEvents("\(folder)/disk/run.1.jsonl").requests.count == 1)
            #expect(try RecordedEvents(link).requests.count == 2)
        }
    }

    @Test(arguments: [("events.jsonl", "events.1.jsonl", "events.2.jsonl"), ("log", "log.1", "log.2")])
    func `each run has the file, and those of earlier runs get numbers`(
        name: String, first: String, second: String
    ) async throws {
        try await withTemporaryFolder { folder in
            for count in 1...3 { try await serve(EventsConfiguration(.file("\(folder)/\(name)")), requests: count) }
            #expect(try files(in: folder) == [first, second, name].sorted())
            for (file, count) in [(first, 1), (second, 2), (name, 3)] {
                let recorded = try RecordedEvents("\(folder)/\(file)")
                #expect(recorded.requests.count == count && recorded.stat("requests") == count)
                #expect(recorded.start["run_id"]?.string?.hasSuffix("-00\(count)") == true, "\(recorded.start)")
            }
        }
    }

    @Test func `a file of something else is neither used nor changed`() async throws {
        for text in ["precious\n", "precious", "{}\n", #"{"kind":"run_end"}"# + "\n", "\n"] {
            try await withTemporaryFolder { folder in
                let path = folder + "/notes.txt"
                try write(text, to: path)
                let error = await #expect(throws: EventsError.self) {
                    try await serve(EventsConfiguration(.file(path)))
                }
                #expect(error?.description.contains("\(path) exists and has no run events") == true)
                #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
            }
        }
    }

    @Test(arguments: ["", "{", #"{"kind":"run_st"#, #"{"kind":"run_start","schema":"toy/v1","t":0"#])
    func `a file without a whole line is used again`(text: String) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/events.jsonl"
            try write(text, to: path)
            try await serve(EventsConfiguration(.file(path)))
            #expect(try files(in: folder) == ["events.jsonl"])
            #expect(try RecordedEvents(path).statuses == [200])
        }
    }

    @Test func `a long torn line of a killed run is cut, and what was whole is counted`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/events.jsonl"
            try await serve(EventsConfiguration(.file(path)), requests: 3)
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            let torn =
                lines.dropLast().joined(separator: "\n") + "\n{\"kind\":\"" + String(repeating: "x", count: 300_000)
            try write(torn, to: path)
            try await serve(EventsConfiguration(.file(path)))
            let aborted = try RecordedEvents(folder + "/events.1.jsonl")
            #expect(aborted.requests.count == 3 && aborted.stat("requests") == 3 && aborted.stat("tokens_out") == 6)
            #expect(aborted.end["reason"] == "aborted" && aborted.end["error"] != nil)
        }
    }

    @Test func `each run has a folder, with a number or the given name`() async throws {
        try await withTemporaryFolder { folder in
            var configuration = EventsConfiguration(.runs(in: folder + "/a/b"))
            for _ in 0..<2 { try await serve(configuration) }
            configuration.runID = "mine"
            for _ in 0..<2 { try await serve(configuration) }
            let runs = try files(in: folder + "/a/b")
            #expect(runs.count == 3 && runs[0] == "mine" && runs[1].hasSuffix("-001") && runs[2].hasSuffix("-002"))
            for run in runs {
                #expect(try RecordedEvents("\(folder)/a/b/\(run)/events.jsonl").start["run_id"]?.string == run)
            }
            #expect(try files(in: folder + "/a/b/mine") == ["events.1.jsonl", "events.jsonl"])
        }
    }

    @Test(arguments: ["", "a/b", "..", ".hidden", "a b", "ü", String(repeating: "x", count: 129)])
    func `an id that could not be the name of a folder is refused`(id: String) async throws {
        var configuration = EventsConfiguration(.runs(in: "/nonexistent"))
        configuration.runID = id
        let error = await #expect(throws: EventsError.self) { try await serve(configuration) }
        #expect(error?.description.contains("the run id") == true)
    }

    @Test func `a second server of the process cannot record in the file of the first`() async throws {
        try await withTemporaryFolder { folder in
            let configuration = EventsConfiguration(.file(folder + "/events.jsonl"))
            try await serve(configuration) { _ in
                let error = await #expect(throws: EventsError.self) { try await serve(configuration) }
                #expect(error?.description.contains("another server") == true)
            }
            #expect(try RecordedEvents(folder + "/events.jsonl").requests.count == 1)
        }
    }

    @Test func `an error of the application ends the run with it`() async throws {
        try await withTemporaryFolder { folder in
            let configuration = EventsConfiguration(.file(folder + "/events.jsonl"))
            await #expect(throws: Failure.self) { try await serve(configuration) { _ in throw Failure() } }
            let recorded = try RecordedEvents(folder + "/events.jsonl")
            #expect(recorded.end["reason"] == "errored" && recorded.end["exit_code"] == 1)
            #expect(recorded.end["error"] == "the application failed" && recorded.statuses == [200])
        }
    }

    @Test func `a server that does not start after all ends its run with the error`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/events.jsonl"
            await #expect(throws: Failure.self) {
                try await withServer(ScriptedBackend()) { server in
                    server.recordEvents(EventsConfiguration(.file(path)))
                    server.onStart { _ in throw Failure() }
                } while: { _ in
                }
            }
            let recorded = try RecordedEvents(path)
            #expect(recorded.end["reason"] == "errored" && recorded.stat("requests") == 0)
        }
    }

    @Test func `one server value records one run after the other, and its counter remains`() async throws {
        try await withTemporaryFolder { folder in
            var server = Server(ScriptedBackend(), configuration: ServerConfiguration(port: 0))
            let log = server.recordEvents(EventsConfiguration(.runs(in: folder)))
            var ids: [String] = []
            for _ in 0..<2 {
                try await server.run { running in
                    #expect(log.path?.hasPrefix(folder) == true)
                    ids.append(log.runID ?? "")
                    running.drain()
                }
            }
            #expect(log.path == nil && log.runID == nil && log.droppedEvents == 0)
            #expect(try files(in: folder) == ids && ids.count == 2)
        }
    }

    @Test func `a forced end is an interruption`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder + "/events.jsonl"
            try await withServer(ScriptedBackend([.text("a"), .hang])) { server in
                server.recordEvents(EventsConfiguration(.file(file)))
            } while: { running in
                let client = try await RawClient(running)
                try await client.send(.post, "/v1/chat/completions", body: Self.chat)
                _ = try await client.receiveHead()
                running.shutdown()
                _ = try await client.receiveToEnd()
                await client.close()
            }
            #expect(try RecordedEvents(file).end["reason"] == "interrupted")
            try await serve(EventsConfiguration(.file(file))) { $0.shutdown() }
            #expect(try RecordedEvents(file).end["reason"] == "completed", "nothing was in progress")
        }
    }

    @Test func `tokens are recorded for no request, those that ask, or all`() async throws {
        for (selection, asks, count) in [
            (EventsConfiguration.StepSelection.none, true, 0), (.requested, false, 0), (.requested, true, 2),
            (.all, false, 2),
        ] {
            try await withTemporaryFolder { folder in
                var configuration = EventsConfiguration(.file(folder + "/events.jsonl"))
                configuration.steps = selection
                try await serve(configuration, fields: asks ? ["x-martlet-steps": "1", "x-request-id": "r"] : [:])
                let recorded = try RecordedEvents(folder + "/events.jsonl")
                #expect(recorded.steps.count == count, "\(selection)")
                guard asks, count > 0 else { return }
                #expect(
                    recorded.steps.map { $0["step"] } == [1, 2] && recorded.steps.map { $0["token_id"] } == [7, 8])
                #expect(recorded.steps.map { $0["logprob"]?.number?.double } == [-0.5, nil])
                #expect(recorded.steps.allSatisfy { $0["request_id"] == "r" })
                let (first, last) = (recorded.steps[0]["at_us"]?.number?.int, recorded.steps[1]["at_us"]?.number?.int)
                #expect(try #require(first) <= #require(last))
            }
        }
    }

    @Test func `records beyond the bound are dropped and counted`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/events.jsonl"
            let (log, extra) = (EventLog(EventsConfiguration(.file(path))), 100)
            var server = Server(ScriptedBackend(), configuration: ServerConfiguration(port: 0))
            server.onStart { try await log.start($0) }
            server.onEnd { await log.end($0, error: $1) }
            try await server.run { running in
                let record = RequestRecord(exchange: ExchangeFacts(route: "/v1/models", status: .ok))
                log.add(Array(repeating: record, count: EventLog.maximumPending + extra))
                running.drain()
            }
            let recorded = try RecordedEvents(path)
            #expect(recorded.requests.count == EventLog.maximumPending && log.droppedEvents == extra)
            #expect(recorded.stat("requests") == EventLog.maximumPending + extra && recorded.stat("dropped") == extra)
        }
    }

    @Test func `the commit of a repository is read from its files`() async throws {
        let (sha, other) = (String(repeating: "0a", count: 20), String(repeating: "1b", count: 20))
        try await withTemporaryFolder { folder in
            let git = folder + "/.git"
            for path in ["/refs/heads/feature", "/worktrees/w"] {
                try FileManager.default.createDirectory(atPath: git + path, withIntermediateDirectories: true)
            }
            try FileManager.default.createDirectory(atPath: folder + "/src/deep", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: folder + "/tree", withIntermediateDirectories: true)
            try write("ref: refs/heads/feature/x\n", to: git + "/HEAD")
            #expect(GitRevision(above: folder) == nil, "a branch without a commit")
            try write("# pack-refs\n\(other) refs/heads/feature/x\n", to: git + "/packed-refs")
            #expect(GitRevision(above: folder) == GitRevision(sha: other, branch: "feature/x"))
            try write(sha + "\n", to: git + "/refs/heads/feature/x")
            #expect(GitRevision(above: folder + "/src/deep") == GitRevision(sha: sha, branch: "feature/x"))
            try write("gitdir: ../.git/worktrees/w\n", to: folder + "/tree/.git")
            try write("../..\n", to: git + "/worktrees/w/commondir")
            try write("ref: refs/heads/feature/x\n", to: git + "/worktrees/w/HEAD")
            #expect(GitRevision(above: folder + "/tree") == GitRevision(sha: sha, branch: "feature/x"))
            try write(other, to: git + "/HEAD")
            #expect(GitRevision(above: folder) == GitRevision(sha: other))
            try write("garbage", to: git + "/HEAD")
            #expect(GitRevision(above: folder) == nil)
        }
    }
}
