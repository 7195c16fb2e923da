internal import Martlet
internal import MartletHTTP

/// What a gateway calls itself in the requests that it sends on, to recognize those that come back: a gateway that is its own
/// upstream, perhaps by way of others, would multiply each request without end (RFC 8586).
struct GatewayID: Sendable {
    static let field = "CDN-Loop"

    private let text: String

    init() { text = "martlet-" + String(UInt64.random(in: UInt64.min...UInt64.max), radix: 36) }

    /// The field's value in a request that is sent on.
    func appended(to fields: HTTPFields) -> String { (fields.values(of: Self.field) + [text]).joined(separator: ", ") }

    /// - Throws: 508 if the gateway has sent the request itself.
    func refuseLoop(_ fields: HTTPFields) throws(OpenAIError) {
        guard fields.values(of: Self.field).contains(where: { $0.contains(text) }) else { return }
        throw OpenAIError(
            status: 508,
            message:
                "This gateway has sent the request to itself. Remove it, and gateways before it, from its upstreams.",
            type: "server_error", code: "loop_detected")
    }
}
