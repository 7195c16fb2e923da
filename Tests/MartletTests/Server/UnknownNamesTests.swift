import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(1)))
struct UnknownNamesTests {
    @Test func `a name is new only once`() {
        let parameters = UnknownNames { $0 }
        #expect(parameters.fresh(["a", "b", "a"]) == ["a", "b"])
        #expect(parameters.fresh(["b", "c"]) == ["c"])
    }

    @Test func `a hundred names are remembered, and overlong ones are not`() {
        let parameters = UnknownNames { $0 }
        #expect(parameters.fresh([String(repeating: "x", count: 100_000)]).first?.count == 64)
        #expect(parameters.fresh((0..<1000).map { "\($0)" }).count == 99)
        #expect(parameters.fresh(["another"]).isEmpty)
    }

    @Test func `unknown parameters are accepted and counted`() async throws {
        try await withClient(of: ScriptedBackend()) { client, server in
            #expect(try await client.chat(#""max_token":1,"foo":null"#).code == 200)
            #expect(try await client.chat(#""max_token":1,"user":"u""#).code == 200)
            #expect(try await client.embed(#""x""#, #""temperature":0"#).code == 200)
            #expect(try await client.chat(#""temperature":9,"bar":1"#).code == 400)
            #expect(server.counters.unknownParameters == 4)
            let load = try await client.ask(.get, "/load").json()
            #expect(load["unknown_parameters"] == 4)
        }
    }

    @Test func `a strict server refuses them and suggests the closest name`() async throws {
        try await withClient(of: ScriptedBackend(), .with(\.strictParameters, true)) { client, server in
            let message = try expect(
                try await client.chat(#""max_token":1"#), is: 400, param: "max_token", code: "unknown_parameter")
            #expect(message.contains("`max_tokens`"))
            try expect(try await client.complete(#""foo":1"#), is: 400, param: "foo", code: "unknown_parameter")
            try expect(try await client.embed(#""x""#, #""foo":1"#), is: 400, param: "foo", code: "unknown_parameter")
            #expect(try await client.chat(#""user":"u","top_k":5"#).code == 200)
            #expect(server.counters.unknownParameters == 0)
        }
    }

    @Test func `an empty model name does not exist`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            try expect(try await client.chat(#""model":"""#), is: 404, param: "model", code: "model_not_found")
        }
    }
}
