internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// The handler of one method at one path of an API.
enum Endpoint: Sendable {
    typealias Answer =
        nonisolated(nonsending) @Sendable (Service, HTTPRequest, ResponseBuffer, Principal?) async throws -> Void
    typealias Read = @Sendable (Service, RequestHead, Principal?) throws(OpenAIError) -> HTTPResponse

    /// Handled on the event loop, from the path alone.
    case immediate(requires: RouteRequirement, @Sendable (Service) -> HTTPResponse)
    /// Handled on the event loop, from the request head, its principal and the server's state.
    case read(Read)
    /// Handled in a task, without a model.
    case task(requires: RouteRequirement, Answer)
    /// Handled with a model, in a task.
    case model(ModelEndpoint)

    /// - Parameters:
    ///   - name: The feature that the message of a 501 names.
    ///   - isOffered: Whether a backend conforms to the refinement that the endpoint needs.
    ///   - requirement: What a request needs to pass.
    ///   - relay: What the endpoint is for backends that relay requests; nil if it cannot be relayed.
    ///   - resolve: Finds the model that a body names.
    ///   - answer: Sends the response with the resolved model, whose own backend may not conform.
    static func model(
        _ name: String, _ isOffered: @escaping @Sendable (ServedBackend) -> Bool,
        requires requirement: RouteRequirement, relayedAs relay: RelayEndpoint? = nil,
        resolve: @escaping ModelEndpoint.Resolve = ModelEndpoint.resolve,
        _ answer: @escaping ModelEndpoint.Answer
    ) -> Endpoint {
        .model(
            ModelEndpoint(
                name: name, isOffered: { isOffered($0) || relay != nil && $0.relaying != nil },
                requirement: requirement, relay: relay, resolve: resolve, answer: answer))
    }

    /// What a request needs to pass.
    var requirement: RouteRequirement {
        switch self {
        case .immediate(let requirement, _), .task(let requirement, _): requirement
        case .read: .principal
        case .model(let endpoint): endpoint.requirement
        }
    }
}

/// An endpoint that is handled with a model.
struct ModelEndpoint: Sendable {
    typealias Resolve = @Sendable (JSONObject, ModelRegistry.Models) throws(OpenAIError) -> ServedModel
    typealias Answer = nonisolated(nonsending) @Sendable (Service, ModelRequest) async throws -> Void

    let name: String
    let isOffered: @Sendable (ServedBackend) -> Bool
    let requirement: RouteRequirement
    let relay: RelayEndpoint?
    let resolve: Resolve
    private let answer: Answer

    init(
        name: String, isOffered: @escaping @Sendable (ServedBackend) -> Bool, requirement: RouteRequirement,
        relay: RelayEndpoint? = nil, resolve: @escaping Resolve, answer: @escaping Answer
    ) {
        (self.name, self.isOffered, self.requirement) = (name, isOffered, requirement)
        (self.relay, self.resolve, self.answer) = (relay, resolve, answer)
    }

    /// Answers a request, or has it relayed if the model's backend does that.
    nonisolated(nonsending) func answer(_ service: Service, _ request: ModelRequest) async throws {
        if let relay, let backend = request.model.host.relaying, service.mayRelay(relay),
            backend.relays(relay, model: request.model.id)
        {
            return try await service.relay(request, relay, by: backend)
        }
        try await answer(service, request)
    }

    /// The model that `model` names.
    static let resolve: Resolve = { body, models throws(OpenAIError) in
        try models.resolve(RequestBody.model(of: body))
    }
}

/// A request whose model is resolved, with its body as JSON.
struct ModelRequest: Sendable {
    let http: HTTPRequest
    let response: ResponseBuffer
    let model: ServedModel
    /// Whether the body is so large that its fields are decoded off the event loop.
    let isLarge: Bool
    /// Who sent the request, if the server knows.
    let principal: Principal?
    private let small: JSONObject
    private let large: LargeJSON?

    /// - Parameter body: Empty for a request without a body.
    init(
        http: HTTPRequest, response: ResponseBuffer, body: JSONObject, model: ServedModel, isLarge: Bool,
        principal: Principal? = nil
    ) {
        (self.http, self.response, self.model, self.isLarge) = (http, response, model, isLarge)
        self.principal = principal
        small = isLarge ? [:] : body
        large = isLarge ? LargeJSON(body) : nil
    }

    /// Empty for a request without a body, and for a large body after `dropLargeJSON()`.
    var body: JSONObject { large?.object ?? small }

    /// Frees the JSON of a large body in all copies of the request. Its task keeps one for as long as it generates.
    func dropLargeJSON() { large?.drop() }
}

/// The JSON of a large body, shared by the copies of a request.
private final class LargeJSON: Sendable {
    private let content: Locked<JSONObject>

    init(_ object: JSONObject) { content = Locked(object) }

    var object: JSONObject { content.withLock { $0 } }
    func drop() { content.withLock { $0 = [:] } }
}
