internal import MartletHTTP
internal import MartletUV

/// What happened to one request, from its first byte until the system had taken the last byte of the response, or one
/// side closed the connection. Every request has one: also a refused, malformed or incomplete one.
public final class RequestRecord: Sendable {
    /// Who ended a request before its response was complete.
    public struct Cancellation: Sendable, Hashable, CustomStringConvertible {
        /// The name: `client`, `timeout` or `shutdown`.
        public let description: String

        /// The client closed the connection.
        public static let client = Cancellation(description: "client")
        /// The server, after `ServerConfiguration.requestTimeout`.
        public static let timeout = Cancellation(description: "timeout")
        /// The server, at the end of a drain.
        public static let shutdown = Cancellation(description: "shutdown")
    }

    /// The request and its response: head, route, status, times and bytes.
    public let exchange: ExchangeFacts
    /// The time at which the exchange ended, in microseconds since 1970.
    public let endTime: Int
    /// Who sent the request: the principal that the authenticator, a gate or middleware found.
    public let principal: Principal?
    /// The id of the model that the request named, also by an alias; nil for a request without one.
    public let model: String?
    /// The generation; nil for a request that did not get as far.
    public let generation: GenerationFacts?
    /// What the tokens cost by `Server.prices`, from the same counts; nil without a generation, and for a model without a
    /// price.
    public let cost: Cost?
    /// The error that the client got; nil if there was none.
    public let error: OpenAIError?
    /// Nil for a request that nobody cancelled.
    public let cancellation: Cancellation?
    /// What middleware has attached.
    package let attachments: [any Sendable]

    /// A record as a server would make it, for tests of observers.
    public init(
        exchange: ExchangeFacts, endTime: Int = 0, principal: Principal? = nil, model: String? = nil,
        generation: GenerationFacts? = nil, cost: Cost? = nil, error: OpenAIError? = nil,
        cancellation: Cancellation? = nil
    ) {
        (self.exchange, self.endTime, self.principal, self.model) = (exchange, endTime, principal, model)
        (self.generation, self.cost, self.error, self.cancellation) = (generation, cost, error, cancellation)
        attachments = []
    }

    /// - Parameters:
    ///   - facts: Those of the request, which do not change any more; nil for a request without any.
    ///   - prices: Nil for a server without prices.
    init(_ exchange: ExchangeFacts, endTime: Int, _ facts: RequestFacts?, _ prices: Prices?) {
        let facts = facts?.values ?? RequestFacts.Values()
        (self.exchange, self.endTime, model) = (exchange, endTime, facts.model)
        principal = facts.principal ?? (exchange.principal as? Principal.Storage).map { Principal($0) }
        generation = facts.generation
        cost = facts.model.flatMap { model in
            facts.generation.flatMap { prices?.cost(of: $0.usage, model: model) }
        }
        error = facts.error ?? exchange.refusal.map { ErrorRendering.describe($0).error }
        cancellation = facts.cancellation ?? (exchange.ending == .clientLeft ? .client : nil)
        attachments = facts.attachments
    }
}
