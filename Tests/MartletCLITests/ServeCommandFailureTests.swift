import Foundation
import Martlet
import MartletTesting
import Testing

/// A failure to serve is one line on standard error, with no other output and an exit code.
@Suite(.serialized) struct ServeCommandFailureTests {
    @Test(arguments: [
        (["--port=-1"], "-1"),
        (["--loops", "0"], "0"), (["--kv-memory", "0"], "0"), (["--drain-timeout", "86401"], "86401"),
        (["--memory-budget", "0"], "0"), (["--responses-store", "12X"], "'12X'"),
        (["--responses-store", "9999999G"], "1024G"), (["--responses-store=-1"], "'-1'"),
        (["--responses-store-ttl", "0"], "1...31536000"), (["--max-queue=-1"], "--max-queue must"),
        (["--queue-timeout", "0"], "--queue-timeout must"),
        (["--cors-origin", "localhost:3000"], "http://localhost:3000"), (["--cors-origin", "null"], "--cors-origin"),
        (["--loops", "257"], "257"), (["--weights", "q4"], "'q4'"), (["--threads", "0"], "0"),
        (["--running", "4097"], "4097"), (["--model", ""], "--model needs"), (["--name", ""], "--name needs"),
        (["--host", ""], "--host needs"), (["--running", "0"], "--running must"),
        (["--allowed-host", "http://x"], "http://x"), (["--allowed-host", "x:80"], "--allowed-host takes"),
        (["--model", "/nonexistent"], "/nonexistent/config.json"),
        (["--model", "/\u{202E}\u{1B}[2J"], #"/\u{202E}\u{1B}[2J/config.json"#),
        (["--host", "nonexistent.invalid", "--port", "0", "--no-auth"], "nonexistent.invalid"),
        (["--host", "0.0.0.0", "--port", "0"], "--no-auth"), (["--host", "::", "--port", "0"], "[::]:0"),
        (["--api-key", "k", "--no-auth"], "--no-auth contradicts"), (["--api-keys-file", ""], "--api-keys-file needs"),
        (["--api-keys-file", "/nonexistent"], "cannot examine /nonexistent"), (["--api-key", ""], "API key 1 must be"),
        (["--model", "embedded,x=1"], "'x=1'"), (["--model", ",id=a"], "--model needs"),
        (["--model", "embedded,id="], "id= of --model embedded needs"),
        (["--model", "embedded,running=x"], "running= of --model embedded must"),
        (["--model", "embedded,weights=q4"], "'q4'"),
        (["--model", "embedded,kv-memory=0"], "kv-memory= of --model embedded must"),
        (["--model", "embedded", "--model", "embedded,running=0"], "running= of --model embedded must"),
        (["--model", "embedded", "--model", "embedded", "--port", "0"], "both serve a model \"toy\""),
        (["--model", "embedded,id=a", "--model", "embedded", "--name", "b"], "write id="),
        (["--model", "embedded,id=a", "--model", "embedded", "--alias", "b"], "write alias="),
        (["--model", "embedded,id=a,alias=c", "--model", "embedded,alias=c"], "alias c is given to both a and toy"),
        (["--model", "embedded,id=a,alias=b", "--model", "embedded,id=b"], "alias b of a is the id"),
        (["--model", "embedded,id=a,id=b"], "takes one id="),
        (["--default-model", "x", "--any-model", "--port", "0"], "default model \"x\" is not served"),
        (["--default-model", "x", "--port", "0"], "default model \"x\" is not served"),
        (["--default-model", ""], "--default-model needs"),
        (["--events", ""], "--events needs"), (["--events-dir", ""], "--events-dir needs"),
        (["--run-id", ""], "--run-id needs"), (["--run-id", "a"], "need --events"),
        (["--events", "e", "--events-dir", "d"], "two places"), (["--events-probes"], "need --events"),
        (["--events", "e", "--events-steps", "some"], "\"some\""),
        (["--port", "0", "--events", "/nonexistent/e"], "/nonexistent/e"),
        (["--port", "0", "--events", "/"], "cannot open /:"),
        (["--port", "0", "--events", "/dev/null"], "cannot open /dev/null"),
        (["--port", "0", "--events", "/etc/hostname"], "no run events"),
        (["--port", "0", "--events", "e", "--run-id", "../x"], "\"../x\""),
        (["--port", "0", "--events-dir", "/dev/null"], "/dev/null/"),
    ])
    func `an invalid option is named`(options: [String], name: String) async throws {
        let outcome = try await ChildProcess.run(MartletExecutable.url, ["serve"] + options) { try await $0.outcome() }
        expectFailure(outcome, naming: name)
    }

    @Test(arguments: [
        ("MARTLET_PORT", "abc"), ("MARTLET_PORT", "99999"), ("MARTLET_LOOPS", "two"), ("MARTLET_LOOPS", "-2"),
        ("MARTLET_KV_MEMORY", "much"), ("MARTLET_MEMORY_BUDGET", "some"), ("MARTLET_DRAIN_TIMEOUT", "-1"),
        ("MARTLET_ANY_MODEL", "perhaps"), ("MARTLET_MODEL", "/nonexistent"), ("MARTLET_HOST", "nonexistent.invalid"),
    ])
    func `an invalid environment variable is named`(name: String, value: String) async throws {
        // Use a free port: the default one may be in use on this machine.
        let options = name == "MARTLET_PORT" ? [] : ["--port", "0"]
        let outcome = try await ChildProcess.run(
            MartletExecutable.url, ["serve"] + options, environment: [name: value]
        ) { try await $0.outcome() }
        expectFailure(outcome, naming: value)
    }

    @Test(arguments: ModelFolder.files)
    func `a damaged or missing model file is named`(file: String) async throws {
        try await ModelFolder.with { folder in
            let url = folder.appending(path: file)
            let content = try Data(contentsOf: url)
            for damaged in [content.prefix(content.count / 2), Data("{}".utf8), Data(count: 4096), nil] {
                try FileManager.default.removeItem(at: url)
                try damaged?.write(to: url)
                expectFailure(
                    try await MartletExecutable.run("serve", "--port", "0", "--model", folder.path), naming: file)
                if damaged == nil { try content.write(to: url) }
            }
        }
    }

    @Test(arguments: [1, 2], [1, 2])
    func `a port in use is refused with any number of loops`(first: Int, second: Int) async throws {
        try await MartletExecutable.serve(["--port", "0", "--loops", "\(first)"]) { server in
            let outcome = try await MartletExecutable.run(
                "serve", "--port", "\(server.port)", "--loops", "\(second)")
            expectFailure(outcome, naming: "\(server.port)")
            #expect(outcome.errors.hasSuffix(": the address is already in use; choose another port with --port.\n"))
            #expect(try await server.connect().ask(.get, "/health").code == 200)
        }
    }

    private func expectFailure(_ outcome: ChildProcess.Outcome, naming name: String) {
        #expect(outcome.code > 0)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("martlet: ") && outcome.errors.hasSuffix("\n"), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n", omittingEmptySubsequences: false).count == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains(name), "\(outcome.errors)")
    }
}
