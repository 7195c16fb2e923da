internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// What an API has at a path, for a method.
enum Endpoint: Sendable {
    typealias Read = @Sendable (Service, RequestHead) throws(OpenAIError) -> HTTPResponse

    /// Answered on the loop, whatever the request has besides its path.
    case immediate(@Sendable (Service) -> HTTPResponse)
    /// Answered on the loop from the head, and from what the server knows.
    case read(Read)
    /// Answered by a model, in a task.
    case model(ModelEndpoint)

    /// - Parameters:
    ///   - name: What a 501 says is not supported.
    ///   - isOffered: Whether a backend conforms to what the endpoint needs.
    ///   - resolve: Finds the model that a body asks for.
    ///   - answer: Answers with a model that was resolved, whether its own backend conforms or not.
    static func model(
        _ name: String, _ isOffered: @escaping @Sendable (ServedBackend) -> Bool,
        resolve: @escaping ModelEndpoint.Resolve = ModelEndpoint.resolve, _ answer: @escaping ModelEndpoint.Answer
    ) -> Endpoint {
        .model(ModelEndpoint(name: name, isOffered: isOffered, resolve: resolve, answer: answer))
    }
}

/// An endpoint that a model answers.
struct ModelEndpoint: Sendable {
    typealias Resolve = @Sendable (JSONObject, ModelRegistry.Models) throws(OpenAIError) -> ServedModel
    typealias Answer = nonisolated(nonsending) @Sendable (Service, ModelRequest) async throws -> Void

    let name: String
    let isOffered: @Sendable (ServedBackend) -> Bool
    let resolve: Resolve
    let answer: Answer

    /// The model that `model` names.
    static let resolve: Resolve = { body, models throws(OpenAIError) in
        try models.resolve(RequestBody.model(of: body))
    }
}

/// A request that a model answers: its body as JSON, and the model that it is for.
struct ModelRequest: Sendable {
    let http: HTTPRequest
    let response: ResponseBuffer
    /// Empty for a request without a body.
    let body: JSONObject
    let model: ServedModel
    /// Whether its fields too are decoded off the loop.
    let isLarge: Bool
}
