internal import Martlet

/// The software of an upstream: which of OpenAI's endpoints it has, and how its health is asked.
public struct UpstreamKind: Sendable, Hashable {
    /// As configurations name it.
    public let name: String
    /// Answers 200 while the upstream can serve; nil if only requests show that.
    let healthPath: String?
    private let hasTokenEndpoints: Bool
    /// The APIs beside chat completions that every version of it has.
    let apis: Set<UpstreamAPI>
    /// Whether the addresses of its name are machines, and not the balancers of a service.
    var hasServersByAddress: Bool { healthPath != nil }

    /// OpenAI, and services with its API: OpenRouter, Azure and others. Their health is not asked, since that would count
    /// as requests.
    public static let openAI = UpstreamKind(name: "openai", healthPath: nil, hasTokenEndpoints: false)
    /// vLLM's server.
    public static let vLLM = UpstreamKind(name: "vllm", healthPath: "/health", hasTokenEndpoints: true)
    /// SGLang's server.
    public static let sgLang = UpstreamKind(name: "sglang", healthPath: "/health", hasTokenEndpoints: false)
    /// llama.cpp's `llama-server`.
    public static let llamaCpp = UpstreamKind(name: "llamacpp", healthPath: "/health", hasTokenEndpoints: false)
    /// Ollama, by its endpoints below `/v1`.
    public static let ollama = UpstreamKind(name: "ollama", healthPath: "/api/version", hasTokenEndpoints: false)
    /// Another Martlet.
    public static let martlet = UpstreamKind(
        name: "martlet", healthPath: "/health/ready", hasTokenEndpoints: true, apis: [.responses, .messages])

    /// In the order in which help lists them.
    public static let all = [openAI, vLLM, sgLang, llamaCpp, ollama, martlet]

    /// The kind that a configuration names; nil for an unknown one.
    public init?(named name: String) {
        guard let kind = Self.all.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    private init(name: String, healthPath: String?, hasTokenEndpoints: Bool, apis: Set<UpstreamAPI> = []) {
        (self.name, self.healthPath, self.hasTokenEndpoints, self.apis) = (name, healthPath, hasTokenEndpoints, apis)
    }

    /// Whether it has an endpoint of OpenAI's API, or of vLLM's for tokens.
    func serves(_ endpoint: RelayEndpoint) -> Bool {
        switch endpoint {
        case .chatCompletions, .completions, .embeddings: true
        default: hasTokenEndpoints
        }
    }
}
