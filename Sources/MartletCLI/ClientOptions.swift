import ArgumentParser
import MartletClient

/// The server that a command connects to.
struct ClientOptions: ParsableArguments {
    @Option(
        help: """
            The server's URL, with or without /v1. (default: http://127.0.0.1:8080) [env: MARTLET_URL, OPENAI_BASE_URL]
            """)
    var url: String?

    /// A client without a model.
    ///
    /// The key comes from the environment: `MARTLET_API_KEY` for any server, `OPENAI_API_KEY` for OpenAI and for the
    /// server that `OPENAI_BASE_URL` names. It is never sent to another server.
    func client() -> Client {
        let openAI = Environment.value("OPENAI_BASE_URL")
        let url = url ?? Environment.value("MARTLET_URL") ?? openAI ?? "http://127.0.0.1:8080"
        return Self.client(url)
    }

    static func client(_ url: String, key: String? = nil) -> Client {
        var client = Client(url)
        let meant = ["https://api.openai.com", Environment.value("OPENAI_BASE_URL")].compactMap { $0.map(BaseURL.init) }
        let own = key ?? Environment.value("MARTLET_API_KEY")
        client.apiKey = (own ?? (meant.contains(client.baseURL) ? Environment.value("OPENAI_API_KEY") : nil))
            .flatMap(APIKey.init)
        return client
    }
}
