import ArgumentParser
import MartletClient

/// The server that a command connects to.
struct ClientOptions: ParsableArguments {
    @Option(
        help: """
            The server's URL, with or without /v1. (default: http://127.0.0.1:8080) [env: MARTLET_URL, OPENAI_BASE_URL, \
            ANTHROPIC_BASE_URL]
            """)
    var url: String?

    @Option(
        help: ArgumentHelp(
            """
            The server's API: messages is Anthropic's, responses OpenAI's newer one; the others are chat completions as \
            a server spells them. (default: as the URL suggests) [env: MARTLET_DIALECT]
            """, valueName: "api"),
        transform: Self.dialect)
    var dialect: ServerDialect?

    /// A client without a model.
    ///
    /// The key comes from the environment: `MARTLET_API_KEY` for any server; `OPENAI_API_KEY` for OpenAI and for the
    /// server that `OPENAI_BASE_URL` names, and with Anthropic's API `ANTHROPIC_API_KEY` for Anthropic and for the
    /// server that `ANTHROPIC_BASE_URL` names. It is never sent to another server.
    func client() throws -> Client {
        let dialect = try dialect ?? Environment.value("MARTLET_DIALECT").map(Self.dialect)
        let named = Environment.value("\((dialect ?? .openAI).provider.prefix)_BASE_URL")
        let url = url ?? Environment.value("MARTLET_URL") ?? named ?? "http://127.0.0.1:8080"
        return Self.client(url, dialect: dialect)
    }

    static func client(_ url: String, key: String? = nil, dialect: ServerDialect? = nil) -> Client {
        var client = Client(url, dialect: dialect)
        let (prefix, home) = client.dialect.provider
        let meant = [home, Environment.value("\(prefix)_BASE_URL").map(BaseURL.init)]
        let own = key ?? Environment.value("MARTLET_API_KEY")
        client.apiKey = (own ?? (meant.contains(client.baseURL) ? Environment.value("\(prefix)_API_KEY") : nil))
            .flatMap(APIKey.init)
        return client
    }

    @Sendable private static func dialect(_ name: String) throws -> ServerDialect {
        if let dialect = ServerDialect.known.first(where: { $0.rawValue == name }) { return dialect }
        let names = ServerDialect.known.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("The dialect must be one of \(names), but it is '\(name)'.")
    }
}
