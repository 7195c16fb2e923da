import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Testing

/// The errors that clients get from a failing backend: a status before the head is sent, an event after that.
@Suite(.serialized)
struct WireFailureTests {
    private struct Secret: Error, CustomStringConvertible {
        let description = "the password is hunter2"
    }

    /// An error, and its form on the wire.
    struct Failure: Sendable, CustomTestStringConvertible {
        let error: any Error
        let status: Int
        let type: String
        var param: String?
        let code: String
        var testDescription: String { "\(status) \(code)" }
    }

    static let failures = [
        Failure(error: BackendError.notSupported("No."), status: 501, type: "not_implemented", code: "not_implemented"),
        Failure(
            error: BackendError.invalidValue("messages[0]", "No."), status: 400, type: "invalid_request_error",
            param: "messages[0]", code: "invalid_value"),
        Failure(
            error: BackendError.contextLengthExceeded("messages", promptTokens: 9, contextLength: 8), status: 400,
            type: "invalid_request_error", param: "messages", code: "context_length_exceeded"),
        Failure(
            error: BackendError.modelNotFound("scripted"), status: 404, type: "invalid_request_error", param: "model",
            code: "model_not_found"),
        Failure(
            error: BackendError.rateLimited("No."), status: 429, type: "rate_limit_error", code: "rate_limit_exceeded"),
        Failure(
            error: BackendError.unavailable("No."), status: 503, type: "server_error", code: "service_unavailable"),
        Failure(error: BackendError.timedOut("No."), status: 504, type: "server_error", code: "timeout"),
        Failure(error: BackendError.failed("No."), status: 500, type: "server_error", code: "server_error"),
        Failure(
            error: OpenAIError(status: 409, message: "No.", type: "conflict", code: "mine"), status: 409,
            type: "conflict", code: "mine"),
        Failure(error: Secret(), status: 500, type: "server_error", code: "server_error"),
        Failure(error: CancellationError(), status: 500, type: "server_error", code: "server_error"),
    ]

    @Test(arguments: failures)
    func `an error before the first event is an HTTP status, streamed or not`(failure: Failure) async throws {
        try await withClient(of: ScriptedBackend([.fail(failure.error)])) { client, server in
            for more in ["", #""stream":true"#] {
                for response in [try await client.chat(more), try await client.complete(more)] {
                    let message = try expect(
                        response, is: failure.status, failure.type, param: failure.param, code: failure.code)
                    #expect(!message.contains("hunter2"))
                    #expect(response[field: "x-should-retry"] == (failure.status == 501 ? "false" : nil))
                    #expect((response[field: "Retry-After"] != nil) == [429, 503].contains(failure.status))
                }
            }
            #expect(server.counters.openConnections == 1)
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
        }
    }

    @Test(arguments: failures)
    func `an error after the first event is an event, then DONE, and the connection stays usable`(
        failure: Failure
    ) async throws {
        let backend = ScriptedBackend([.text("a"), .fail(failure.error)], [.text("b")])
        try await withClient(of: backend) { client, server in
            let response = try await client.chat(#""stream":true"#)
            let reply = try ReplyEnvelope(of: response)
            #expect(response.code == 200)
            let events = response.events
            #expect(events.count == 4)
            #expect(events[0] + "\n\n" == reply.chat(ReplyEnvelope.role))
            #expect(events[1] + "\n\n" == reply.chat(#""content":"a""#))
            let message = try expect(
                JSONValue(parsing: Array(events[2].utf8.dropFirst(6))), isError: failure.type, param: failure.param,
                code: failure.code)
            #expect(!message.contains("hunter2"))
            #expect(events[3] + "\n\n" == ReplyEnvelope.done)
            #expect(try await client.chat().json()["choices"]?[0]?["message"]?["content"] == "b")
            #expect(server.counters.openConnections == 1)
        }
    }

    @Test func `an error after events of a reply that is not streamed is an HTTP status`() async throws {
        let backend = ScriptedBackend([.text("a"), .fail(BackendError.failed("Broke."))], [.text("b")])
        try await withClient(of: backend) { client, _ in
            let message = try expect(try await client.chat(), is: 500, "server_error", code: "server_error")
            #expect(message == "Broke.")
            #expect(try await client.chat().code == 200)
        }
    }

    @Test func `a choice beyond n is a 500`() async throws {
        let backend = ScriptedBackend([.emit(.text("a", choice: 1))], [.emit(.text("a", choice: -1))])
        try await withClient(of: backend) { client, _ in
            try expect(try await client.chat(), is: 500, "server_error", code: "server_error")
            try expect(try await client.chat(), is: 500, "server_error", code: "server_error")
        }
    }
}
