internal import Martlet
public import MartletHTTP

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A server to which the gateway relays requests.
public struct Upstream: Sendable, Hashable {
    /// The address of its API, with or without `/v1`.
    public var url: BaseURL
    public var kind: UpstreamKind
    /// The APIs beside chat completions that it has. Nil for those of its kind: both of `martlet`, none of the others, whose
    /// versions and services differ.
    public var apis: Set<UpstreamAPI>?
    /// Its name in metrics, logs and tables.
    public var name: String
    /// What requests are authorized with; nil for none.
    public var key: UpstreamKey?
    /// The models to relay, by the names that clients use, with the upstream's own names. Nil for all that it lists, under
    /// its own names.
    public var models: [String: String]?
    /// Its share of the load among upstreams of one priority.
    public var weight = 1.0
    /// Upstreams of a higher number get requests only while none of a lower one can take them.
    public var priority = 0
    /// Whether the client's own credential is sent where there is no `key`.
    public var forwardsKey = false
    /// A PEM file with the certificates of the authorities that its own may be from. Nil for those that the system trusts, or
    /// the file that `CURL_CA_BUNDLE` or `SSL_CERT_FILE` of the environment names.
    public var certificateAuthorityFile: String?

    public init(
        _ url: String, kind: UpstreamKind = .openAI, name: String? = nil, key: UpstreamKey? = nil,
        models: [String: String]? = nil
    ) {
        self.url = BaseURL(url)
        self.name = name ?? Self.name(of: self.url.description)
        (self.kind, self.key, self.models) = (kind, key, models)
    }

    func serves(_ endpoint: RelayEndpoint) -> Bool {
        guard let api = UpstreamAPI(endpoint) else { return kind.serves(endpoint) }
        return (apis ?? kind.apis).contains(api)
    }

    /// Host and port.
    private static func name(of url: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return url }
        return String(url[start...].prefix { $0 != "/" })
    }
}

extension Upstream: ExpressibleByStringLiteral {
    /// An upstream with this URL and no key.
    public init(stringLiteral url: String) { self.init(url) }
}

/// Where an upstream's key is.
public struct UpstreamKey: Sendable, Hashable {
    enum Place: Hashable {
        case value(String)
        case environment(String)
        case file(String)
    }

    let place: Place

    /// The key itself.
    public static func value(_ key: String) -> UpstreamKey { UpstreamKey(place: .value(key)) }
    /// The variable of the environment that has it when the gateway starts.
    public static func environment(_ name: String) -> UpstreamKey { UpstreamKey(place: .environment(name)) }
    /// The file that has it, read when the gateway starts. White space at its end does not count.
    public static func file(_ path: String) -> UpstreamKey { UpstreamKey(place: .file(path)) }
}

extension UpstreamKey {
    /// - Throws: `GatewayError` if the key is not there.
    func read(for upstream: String) throws(GatewayError) -> String {
        switch place {
        case .value(let key): return key
        case .environment(let name):
            guard let key = ProcessInfo.processInfo.environment[name], !key.isEmpty else {
                throw GatewayError(
                    "The key of the upstream \(upstream) is to be in the variable \(name), which is not set.")
            }
            return key
        case .file(let path):
            guard let content = FileManager.default.contents(atPath: path),
                let text = String(data: content, encoding: .utf8)
            else {
                throw GatewayError("The key of the upstream \(upstream) is to be in \(path), which cannot be read.")
            }
            let key = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            if key.isEmpty {
                throw GatewayError("The key of the upstream \(upstream) is to be in \(path), which is empty.")
            }
            return key
        }
    }
}
