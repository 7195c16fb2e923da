import Foundation
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTesting
import MartletUV
import Synchronization
import Testing

/// A transport that is shut down at the end, for tests that count connections.
nonisolated(nonsending) func withTransport<Result>(
    _ settings: CurlSettings = CurlSettings(), _ body: nonisolated(nonsending) (CurlTransport) async throws -> Result
) async throws -> Result {
    let transport = CurlTransport(settings: settings)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(transport)) } catch { result = .failure(error) }
    await transport.shutDown()
    return try result.get()
}

/// A client of a server that runs one script per request.
nonisolated(nonsending) func withFaults<Result>(
    _ scripts: [FaultStep]..., retry: RetryPolicy = .quick, timeouts: Timeouts = Timeouts(),
    body: nonisolated(nonsending) (Client, FaultServer) async throws -> Result
) async throws -> Result {
    try await withFaults(scripts: scripts, retry: retry, timeouts: timeouts, body: body)
}

/// The same with the scripts in an array.
nonisolated(nonsending) func withFaults<Result>(
    scripts: [[FaultStep]], retry: RetryPolicy = .quick, timeouts: Timeouts = Timeouts(),
    body: nonisolated(nonsending) (Client, FaultServer) async throws -> Result
) async throws -> Result {
    let server = try await newServer(scripts)
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

/// The addresses of the servers so far.
private let addresses = Locked<Set<String>>([])

/// A server at an address that no earlier one has had: clients remember what a server at an address has refused.
private nonisolated(nonsending) func newServer(_ scripts: [[FaultStep]]) async throws -> FaultServer {
    for _ in 0..<100 {
        let server = try await FaultServer(scripts)
        if addresses.withLock({ $0.insert("\(server.url)").inserted }) { return server }
        await server.shutDown()
    }
    return try await FaultServer(scripts)
}

extension RetryPolicy {
    /// The default policy with short pauses.
    static var quick: RetryPolicy {
        var policy = RetryPolicy()
        policy.initialDelay = .milliseconds(1)
        return policy
    }
}

extension FaultStep {
    /// A complete chat reply.
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
    /// The bodies of all requests.
    var bodies: [JSONObject] { requests.map { $0.json?.object ?? [:] } }
}

/// The error that `body` throws.
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
    /// Reads to the end, regular or not, and returns the text and the ending.
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

/// An `LLM` of a server that runs one script per request.
func withLLM<Result>(
    _ scripts: [FaultStep]..., body: (LLM, FaultServer) async throws -> Result
) async throws -> Result {
    try await withFaults(scripts: scripts) { (client, server) async throws in
        let llm = LLM(server.url, transport: client.transport)
        llm.setModel("gpt-2")
        return try await body(llm, server)
    }
}

/// The frames that a stream writes, and the text that it returns.
func relay(_ llm: LLM) async -> (frames: String, text: String) {
    let frames = Mutex("")
    let sink = ClosureSink { text in frames.withLock { $0 += text } }
    let text = await llm.chatStream([LLM.Message("user", "Hello!")], to: sink)
    return (frames.withLock { $0 }, text)
}

/// A sink that records what is written to it.
final class WrittenFrames: Sendable {
    private let frames = Locked<[String]>([])

    var sink: ClosureSink { ClosureSink { frame in self.frames.withLock { $0.append(frame) } } }
    var text: String { frames.withLock { $0.joined() } }
    /// The number of writes.
    var count: Int { frames.withLock { $0.count } }
}

/// The process's resident memory; zero where it is unknown.
func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let pages = text.split(separator: " ")
    return pages.count > 1 ? (Int(pages[1]) ?? 0) * 4096 : 0
}

/// The process's open descriptors; zero where they are unknown.
func openDescriptors() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
}
