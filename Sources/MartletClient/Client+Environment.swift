#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Client {
    /// A client configured with the environment variables of OpenAI's own clients: `OPENAI_BASE_URL`, which defaults to
    /// OpenAI's API, and `OPENAI_API_KEY`, which is sent to that server. Other servers may need no key.
    ///
    /// - Parameters:
    ///   - model: The default model.
    ///   - environment: The variables; nil for those of the process.
    /// - Throws: `ClientError` of reason `auth` for OpenAI without a key, and of reason `formatError` for an
    ///   `OPENAI_BASE_URL` that is not an HTTP URL.
    public static func fromEnvironment(
        model: String? = nil, environment: [String: String]? = nil
    ) throws(ClientError) -> Client {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let value = { (name: String) in
            environment[name].map(\.trimmed).flatMap { $0.isEmpty ? nil : $0 }
        }
        let address = value("OPENAI_BASE_URL")
        if let address, !BaseURL(address).isHTTP {
            // The part before an `@` may be a password.
            let shown = address.contains("@") ? "" : ", but it is '\(address)'"
            throw ClientError(
                .formatError,
                "OPENAI_BASE_URL must be an http or https URL, such as http://localhost:8080/v1\(shown).")
        }
        let key = value("OPENAI_API_KEY")
        let client = Client(address ?? "https://api.openai.com/v1", apiKey: key, model: model)
        if key == nil, client.dialect == .openAI {
            throw ClientError(
                .auth,
                "OPENAI_API_KEY is not set: \(client.baseURL) wants a key. For another server set OPENAI_BASE_URL.")
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
