#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Client {
    /// A client configured with the environment variables of OpenAI's own clients: `OPENAI_BASE_URL`, which defaults to
    /// OpenAI's API, and `OPENAI_API_KEY`, which is sent to that server. Other servers may need no key.
    ///
    /// With the dialect `messages` the variables are those of Anthropic's clients, `ANTHROPIC_BASE_URL`, which defaults to
    /// Anthropic's API, and `ANTHROPIC_API_KEY`.
    ///
    /// - Parameters:
    ///   - model: The default model.
    ///   - dialect: The API of chats; nil guesses it from the address.
    ///   - environment: The variables; nil for those of the process.
    /// - Throws: `ClientError` of reason `auth` for OpenAI or Anthropic without a key, and of reason `formatError` for an
    ///   address that is not an HTTP URL.
    public static func fromEnvironment(
        model: String? = nil, dialect: ServerDialect? = nil, environment: [String: String]? = nil
    ) throws(ClientError) -> Client {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let value = { (name: String) in
            environment[name].map(\.trimmed).flatMap { $0.isEmpty ? nil : $0 }
        }
        let (prefix, home) = (dialect ?? .openAI).provider
        let address = value("\(prefix)_BASE_URL")
        if let address, !BaseURL(address).isHTTP {
            // The part before an `@` may be a password.
            let shown = address.contains("@") ? "" : ", but it is '\(address)'"
            throw ClientError(
                .formatError,
                "\(prefix)_BASE_URL must be an http or https URL, such as http://localhost:8080/v1\(shown).")
        }
        let key = value("\(prefix)_API_KEY")
        let client = Client(address ?? home.url, apiKey: key, model: model, dialect: dialect)
        if key == nil, client.baseURL.origin == home.origin {
            throw ClientError(
                .auth,
                "\(prefix)_API_KEY is not set: \(client.baseURL) wants a key. For another server set \(prefix)_BASE_URL."
            )
        }
        return client
    }
}

extension BaseURL {
    /// Whether the scheme is http or https and there is a host.
    fileprivate var isHTTP: Bool {
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, ["http:", "https:"].contains(parts[0]) else { return false }
        return !parts[2].isEmpty && parts[2].first != ":" && parts[2].last != ":"
            && !parts[2].contains(where: \.isWhitespace)
    }
}
