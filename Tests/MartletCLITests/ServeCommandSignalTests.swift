import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// How the server ends on signals.
@Suite(.serialized) struct ServeCommandSignalTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal lets a stream finish, and refuses new connections and requests`(signal: Int32) async throws {
        try await MartletExecutable.serve { server in
            let idle = try await server.connect()
            #expect(try await idle.ask(.get, "/health").code == 200)
            let stream = try await server.longStream(prompts: 72)

            server.child.signal(signal)
            try await eventually("connections to be refused") { await !server.accepts() }
            try await idle.send(
                .post, "/v1/completions", body: ServingProcess.longRequest(prompts: 1, isStreamed: false))
            #expect(try await idle.receiveResponse().code == 503)
            #expect(try await idle.receiveToEnd() == [])
            #expect(server.child.isRunning, "the server ended before it could be observed")

            let rest = try await stream.restOfStream()
            #expect(rest.endings == 72)
            #expect(rest.errors == 0)
            #expect(rest.isDone)
            await stream.close()
            let outcome = try await server.child.outcome()
            #expect(outcome.code == 0)
            #expect(outcome.errors == "")
        }
    }

    @Test func `a signal that comes as soon as a run has begun ends it properly`() async throws {
        for signal in [SIGTERM, SIGINT, SIGTERM, SIGQUIT, SIGTERM] {
            try await withTemporaryFolder { folder in
                let file = "\(folder)/events.jsonl"
                let arguments = ["serve", "--port", "0", "--events", file]
                try await ChildProcess.run(MartletExecutable.url, arguments) { child in
                    try await eventually("the run to begin") {
                        FileManager.default.contents(atPath: file)?.contains(0x0A) == true
                    }
                    child.signal(signal)
                    #expect(try await child.outcome().code == 0)
                }
                let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
                #expect(lines.count == 2 && lines.last?.contains(#""reason":"completed""#) == true, "\(lines)")
            }
        }
    }

    @Test func `a log that nobody reads keeps no signal from ending the server`() async throws {
        try await withTemporaryFolder { folder in
            // A pipe that is full, and has no reader.
            let pipe = "\(folder)/log"
            #expect(mkfifo(pipe, 0o600) == 0)
            let descriptor = open(pipe, O_RDWR | O_NONBLOCK)
            defer { close(descriptor) }
            while write(descriptor, [UInt8](repeating: 0x2E, count: 4096), 4096) > 0 {}
            let script = #"exec "$0" serve --port 0 --log-format none 2> "$1""#
            let arguments = ["-c", script, MartletExecutable.url.path, pipe]
            try await ChildProcess.run(URL(filePath: "/bin/sh"), arguments) { child in
                try await eventually("the address") { child.output.text.contains("http://127.0.0.1:") }
                for _ in 0..<20 { child.signal(SIGHUP) }
                try await Task.sleep(for: .milliseconds(100))
                child.signal(SIGTERM)
                #expect(try await child.outcome().code == 0)
            }
        }
    }

    @Test(arguments: [(SIGTERM, SIGTERM), (SIGINT, SIGTERM), (SIGTERM, SIGINT)])
    func `a second signal ends the streams with an error event`(first: Int32, second: Int32) async throws {
        try await MartletExecutable.serve { server in
            let stream = try await server.longStream(prompts: 1000)
            let complete = try await server.connect()
            try await complete.send(
                .post, "/v1/completions", body: ServingProcess.longRequest(prompts: 1000, isStreamed: false))
            let probe = try await server.connect()
            try await eventually("both to be in progress") { try await probe.counters()["tasks"]?.number?.int == 2 }

            server.child.signal(first)
            try await eventually("connections to be refused") { await !server.accepts() }
            server.child.signal(second)
            let rest = try await stream.restOfStream()
            #expect(rest.endings < 1000, "the stream ended before the second signal")
            #expect(rest.errors == 1)
            #expect(rest.isDone)
            let response = try await complete.receiveResponse()
            #expect(response.code == 503)
            #expect(try response.json().object?["error"]?.object?["message"]?.string?.isEmpty == false)
            for client in [stream, complete] { await client.close() }
            let outcome = try await server.child.outcome()
            #expect(outcome.code == 0)
        }
    }

    @Test func `SIGHUP, SIGUSR1 and SIGUSR2 do not end the server, and SIGQUIT does`() async throws {
        try await MartletExecutable.serve { server in
            let client = try await server.connect()
            for signal in [SIGHUP, SIGUSR1, SIGUSR2] {
                server.child.signal(signal)
                #expect(try await client.ask(.get, "/health").code == 200)
            }
            try await eventually("the line about SIGHUP") { server.child.errors.text.contains("SIGHUP") }
            #if os(Linux)
                // An ignored signal would also be ignored by every child process.
                let status = try String(contentsOfFile: "/proc/\(server.child.identifier)/status", encoding: .utf8)
                let mask = try #require(status.firstMatch(of: /SigIgn:\s*([0-9a-f]+)/)).1
                let ignored = try #require(UInt64(mask, radix: 16))
                for signal in [SIGHUP, SIGUSR1, SIGUSR2] { #expect(ignored & (1 << UInt64(signal - 1)) == 0) }
            #endif
            server.child.signal(SIGQUIT)
            #expect(try await client.receiveToEnd() == [])
            let outcome = try await server.child.outcome()
            #expect(outcome.code == 0)
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
    }

    @Test func `an incomplete body does not extend the drain timeout`() async throws {
        try await MartletExecutable.serve(["--port", "0", "--drain-timeout", "2"]) { server in
            let client = try await server.connect()
            try await client.send(
                "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90\r\n\r\n{\"prompt\":")
            let probe = try await server.connect()
            #expect(try await probe.ask(.get, "/health").code == 200)
            server.child.signal(SIGTERM)
            let refused = try await client.receiveResponse()
            #expect(refused.code == 503)
            #expect(refused[field: "Retry-After"] != nil)
            #expect(try refused.json()["error"]?["message"]?.string?.contains("stopping") == true)
            #expect(try await client.receiveToEnd() == [])
            await client.close()
            #expect(try await server.child.outcome().code == 0)
        }
    }

    @Test func `a signal right after the startup message ends the server gracefully`() async throws {
        for _ in 0..<20 {
            let arguments = ["serve", "--port", "0"]
            let outcome = try await ChildProcess.run(MartletExecutable.url, arguments) { child in
                try await eventually("the startup message", pause: .zero) { !child.output.text.isEmpty }
                child.signal(SIGTERM)
                return try await child.outcome()
            }
            #expect(outcome.code == 0)
        }
    }
}

extension ServingProcess {
    /// Whether the server accepts new connections.
    func accepts() async -> Bool {
        guard let client = try? await connect() else { return false }
        // A connection that the system accepted for a closing listener is reset.
        return (try? await client.ask(.get, "/health")) != nil
    }
}

extension RawClient {
    struct Rest {
        /// Events with a finish reason.
        var endings = 0
        var errors = 0
        /// Whether `[DONE]` was the last event.
        var isDone = false
    }

    /// Reads a stream to its end.
    func restOfStream() throws -> Rest {
        var rest = Rest()
        while let event = try receiveEvent() {
            rest.isDone = event == "data: [DONE]\n\n"
            if event.hasPrefix("data: {\"error\":") { rest.errors += 1 }
            if event.contains(#""finish_reason":""#) { rest.endings += 1 }
        }
        return rest
    }
}
