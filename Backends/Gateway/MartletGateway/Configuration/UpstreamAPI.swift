internal import Martlet

/// An API beside chat completions that an upstream may have, so that its requests are relayed as they are. Those to an
/// upstream without it become chat completions.
public enum UpstreamAPI: String, Sendable, Hashable, CaseIterable {
    /// OpenAI's Responses API: `/v1/responses`.
    case responses
    /// Anthropic's Messages API: `/v1/messages`.
    case messages

    /// That of an endpoint; nil for one of OpenAI's other APIs, or for tokens.
    init?(_ endpoint: RelayEndpoint) {
        switch endpoint.api {
        case .responses: self = .responses
        case .messages: self = .messages
        case .openAI: return nil
        }
    }
}
