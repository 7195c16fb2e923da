import Foundation
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTesting
import Testing

/// A transport for tests that count connections: ended when the test is.
nonisolated(nonsending) func withTransport<Result>(
    _ settings: CurlSettings = CurlSettings(), _ body: nonisolated(nonsending) (CurlTransport) async throws -> Result
) async throws -> Result {
    let transport = CurlTransport(settings: settings)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(transport)) } catch { result = .failure(error) }
    await transport.shutDown()
    return try result.get()
}

/// A client of a server that does what these scripts say, one for each request.
nonisolated(nonsending) func withFaults<Result>(
    _ scripts: [FaultStep]..., retry: RetryPolicy = .quick, timeouts: Timeouts = Timeouts(),
    body: nonisolated(nonsending) (Client, FaultServer) async throws -> Result
) async throws -> Result {
    try await withFaults(scripts: scripts, retry: retry, timeouts: timeouts, body: body)
}

/// The same, for scripts that are a value.
nonisolated(nonsending) func withFaults<Result>(
    scripts: [[FaultStep]], retry: RetryPolicy = .quick, timeouts: Timeouts = Timeouts(),
    body: nonisolated(nonsending) (Client, FaultServer) async throws -> Result
) async throws -> Result {
    let server = try await FaultServer(scripts)
    let result: Swift.Result<Result, any Error>
    do {
        result = .success(
            try await withTransport { transport in
                try await body(
                    Client(server.url, model: "m", retry: retry, timeouts: timeouts, transport: transport), server)
            })
    } catch {
        result = .failure(error)
    }
    await server.shutDown()
    return try result.get()
}

extension RetryPolicy {
    /// The default policy with pauses that a test can wait for.
    static var quick: RetryPolicy {
        var policy = RetryPolicy()
        policy.initialDelay = .milliseconds(1)
        return policy
    }
}

extension FaultStep {
    /// A whole reply of a chat.
    static func reply(_ content: String, finish: String = "stop") -> FaultStep {
        .json(replyText(content, finish: finish))
    }

    static func replyText(_ content: String, finish: String = "stop") -> String {
        #"{"id":"c1","object":"chat.completion","created":7,"model":"m-1","choices":[{"index":0,"message":"#
            + #"{"role":"assistant","content":\#(JSONValue.string(content))},"finish_reason":"\#(finish)"}],"#
            + #""usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#
    }

    /// An error in OpenAI's envelope.
    static func failure(
        _ status: Int, _ message: String = "no", code: String? = nil, fields: HTTPFields = HTTPFields()
    ) -> FaultStep {
        let code = code.map { "\"\($0)\"" } ?? "null"
        return .json(
            #"{"error":{"message":"\#(message)","type":"t","param":null,"code":\#(code)}}"#, status: status,
            fields: fields)
    }
}

extension FaultServer {
    /// The bodies that were sent.
    var bodies: [JSONObject] { requests.map { $0.json?.object ?? [:] } }
}

/// The error that `body` ends with.
nonisolated(nonsending) func failure<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
) async -> ClientError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? ClientError
    }
}

extension ChatStream {
    /// Reads to the end, whatever that is, and returns the text and the ending.
    func drained() async -> (text: String, ending: StreamEnding?) {
        var text = ""
        do { for try await event in self { text += event.text ?? "" } } catch {}
        return (text, ending)
    }
}

extension StreamEnding {
    /// The name of the case, and the finish reason.
    var name: String {
        switch self {
        case .finished(let reason): "finished \(reason?.rawValue ?? "nil")"
        case .interrupted: "interrupted"
        case .failed: "failed"
        case .cancelled: "cancelled"
        }
    }
}
