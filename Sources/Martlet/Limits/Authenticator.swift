public import MartletHTTP
public import MartletOpenAI

/// Finds out who sends requests. `StaticKeys` knows a list of keys; an application may have others.
public protocol Authenticator: Sendable {
    /// Who sent the request, or nil if it has no credential, which is a 401.
    ///
    /// Called on an event loop, between all other requests, so it must return at once: what waits or computes is
    /// middleware. Requests for routes that require nothing, such as `/health`, do not reach it.
    ///
    /// - Throws: The response to a credential that is not accepted, such as `OpenAIError.invalidAPIKey(_:)`.
    func authenticate(_ head: RequestHead) throws(OpenAIError) -> Principal?

    /// Reads what the authenticator knows again. Called on SIGHUP, and not on an event loop. By default it does nothing.
    func reload() async
}

extension Authenticator {
    public func reload() async {}
}
