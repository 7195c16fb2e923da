import MartletHTTP
import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

/// The routing of a request by its method and path alone.
struct RoutePathDecisionTests {
    private struct Bare: Backend {
        var isReady = true
        func listModels() -> [Model] { [] }
    }

    private struct Full: ChatBackend, CompletionBackend, EmbeddingBackend {
        func listModels() -> [Model] { ["toy"] }
        func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {}
        func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {}
        func embeddings(for request: EmbeddingRequest) async throws -> Embeddings { Embeddings([]) }
    }

    static func head(_ method: String, _ target: String) throws -> RequestHead {
        var parser = RequestParser()
        var offset = 0
        let bytes = Array("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        guard case .head(let head)? = try parser.next(bytes.span, &offset) else { throw CancellationError() }
        return head
    }

    /// `task`, or the response's status and `Allow`.
    static func outcome(_ method: String, _ target: String, of service: Service) throws -> String {
        switch Routes(service).decide(try head(method, target)).action {
        case .handle(let maximumBodyBytes, _):
            #expect(maximumBodyBytes == service.configuration.limits.maximumBodyBytes)
            return "task"
        case .respond(let response):
            let code = response.head.status.code
            if code >= 400 { #expect(try JSONValue(parsing: response.body).object?["error"] != nil) }
            return ([String(code)] + response.head.fields.values(of: "Allow")).joined(separator: " ")
        }
    }

    private static let decisions = [
        "GET / 200", "HEAD / 200", "POST / 405 GET, HEAD, OPTIONS",
        "GET /health 200", "GET //health/ 200", "GET /health?deep=1 200", "GET /health/ready 200", "GET /version 200",
        "GET /load 200", "HEAD /load 200", "DELETE /health 405 GET, HEAD, OPTIONS",
        "get /health 405 GET, HEAD, OPTIONS",
        "OPTIONS /health 204 GET, HEAD, OPTIONS", "OPTIONS * 204", "OPTIONS /nowhere 404",
        "GET /v1/models 200", "HEAD /v1/models 200", "GET /v1/models/ 200", "GET /v1/models/org/name:tag 404",
        "GET /v1/models/org%2Fname 404", "POST /v1/models 405 GET, HEAD, OPTIONS",
        "DELETE /v1/models/toy 501", "PUT /v1/models/toy 405 GET, HEAD, OPTIONS",
        "GET /v1/chat/completions 501", "PUT /v1/chat/completions 405 OPTIONS, POST",
        "OPTIONS /v1/chat/completions 204 OPTIONS, POST",
        "HEAD /v1/embeddings 405 OPTIONS, POST", "PROPFIND /v1/completions 405 OPTIONS, POST",
        "POST /v1/conversations 501", "GET /v1/conversations/conv_1/items 501",
        "GET /v1/responses 405 OPTIONS, POST", "GET /v1/messages/count_tokens 405 OPTIONS, POST",
        "POST /v1/messages/batches 501", "GET /v1/messages/xyz 404",
        "PUT /v1/responses/resp_1 405 DELETE, GET, HEAD, OPTIONS, POST",
        "POST /v1/audio/speech 501", "POST /v1/images/generations 501", "POST /v1/moderations 501", "GET /v1/files 501",
        "DELETE /v1/files/x 501", "POST /v1/batches 501", "POST /v1/fine_tuning/jobs 501",
        "POST /v1//audio//speech/ 501",
        "GET /v1 404", "GET /v1/response 404", "GET /v1/filesystem 404", "POST /chat/completion 404",
        "BREW /nowhere 404", "GET /HEALTH 404", "GET /health/deep 404", "GET /v1/modelsx 404",
    ]

    private static let generating = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"]

    private static func check(_ decision: String, _ backend: any Backend) async throws {
        let parts = decision.split(separator: " ", maxSplits: 2).map(String.init)
        let service = try await Service(backend)
        #expect(try outcome(parts[0], parts[1], of: service) == parts[2], "\(decision)")
    }

    @Test(arguments: decisions)
    func `the path is checked before the method, and the method before the capability`(_ decision: String) async throws
    {
        try await Self.check(decision, Bare())
        try await Self.check(decision, Full())
    }

    @Test(arguments: generating)
    func `endpoints of the backend's refinements start a task, and others are not implemented`(_ path: String)
        async throws
    {
        try await Self.check("POST \(path) task", Full())
        try await Self.check("POST /\(path)/ task", Full())
        try await Self.check("POST \(path) 501", Bare())
    }

    @Test func `a server whose backend is not ready is alive`() async throws {
        var service = try await Service(Bare(isReady: false))
        #expect(try Self.outcome("GET", "/health", of: service) == "200")
        #expect(try Self.outcome("GET", "/health/ready", of: service) == "503")
        #expect(service.ready().head.fields["Retry-After"] == "1")
        service = try await Service(Bare())
        #expect(try Self.outcome("GET", "/health/ready", of: service) == "200")
    }
}
