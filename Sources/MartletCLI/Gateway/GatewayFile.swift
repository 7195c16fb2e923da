import Martlet
import MartletGateway
import MartletUV

/// The configuration of a gateway, as a file has it.
struct GatewayFile {
    let upstreams: [Upstream]
    let configuration: GatewayConfiguration
    /// Whether requests for unknown paths are relayed.
    let passesThrough: Bool
    /// Without prices, no model has one.
    let prices: Prices
    let stamp: FileStamp

    /// Reads the file, and the files that it names; not on an event loop.
    init(reading path: String) throws(ConfigurationError) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let file = try ConfigurationFile(reading: path)
        self = try file.decode { section in
            GatewayFile(section, folder: folder.isEmpty && !path.hasPrefix("/") ? "." : folder, stamp: file.stamp)
        }
    }

    private init(_ section: ConfigurationSection, folder: String, stamp: FileStamp) {
        self.stamp = stamp
        var configuration = GatewayConfiguration()
        upstreams = Self.upstreams(section.required("upstreams"), folder)
        if let routing = section["routing"].flatMap(RoutingPolicy.init(_:)) { configuration.routing = routing }
        if let retries = section["retries"]?.integer(in: 0...10) { configuration.retries = retries }
        if let interval = section["health_interval"]?.duration() { configuration.healthInterval = interval }
        if let timeouts = section["timeouts"]?.section() { configuration.timeouts = GatewayTimeouts(timeouts) }
        self.configuration = configuration
        passesThrough = section["pass_through"]?.flag() ?? false
        let models = upstreams.map(\.models)
        let all = models.contains(nil) ? nil : Set(models.compactMap { $0?.keys }.joined())
        prices = section["prices"]?.section().map { Prices($0, models: all) } ?? Prices()
    }

    private static func upstreams(_ list: ConfigurationNode?, _ folder: String) -> [Upstream] {
        guard let list, let elements = list.elements() else { return [] }
        if elements.isEmpty { list.report("has no upstream; write one with its 'url'") }
        var upstreams: [Upstream] = []
        var places: [String: ConfigurationNode] = [:]
        for element in elements {
            guard let upstream = element.section().flatMap({ Upstream($0, folder: folder) }) else { continue }
            if let other = places.updateValue(element, forKey: upstream.name) {
                element.report(
                    "has the name '\(upstream.name)', as \(other.name) in line \(other.line) has; give one of them "
                        + "another 'name'")
            }
            upstreams.append(upstream)
        }
        return upstreams
    }
}

extension GatewayTimeouts {
    fileprivate init(_ section: ConfigurationSection) {
        self.init()
        if let limit = section["connect"]?.duration() { connect = limit }
        if let limit = section["head"]?.duration() { head = limit }
        if let limit = section["first_token"]?.limit() { firstToken = limit }
        if let limit = section["idle"]?.duration() { idle = limit }
        if let limit = section["total"]?.limit() { total = limit }
        section.finish()
    }
}

extension RoutingPolicy {
    /// A policy's name, or a mapping with the name as its `policy` and the policy's settings.
    fileprivate init?(_ node: ConfigurationNode) {
        guard node.isMapping else {
            guard let policy = node.choice(of: Self.names, Self.init(named:)) else { return nil }
            self = policy
            return
        }
        guard let section = node.section(), let policy = section.required("policy"),
            let named = policy.choice(of: Self.names, Self.init(named:))
        else { return nil }
        switch named {
        case .consistentHashing:
            self = section["load_factor"]?.number(in: 1...100).map(Self.consistentHashing(loadFactor:)) ?? named
        case .prefixAffinity:
            self = .prefixAffinity(
                blocksPerUpstream: section["blocks_per_upstream"]?.integer(in: 1...10_000_000) ?? 31_250,
                imbalanceTokens: section["imbalance_tokens"]?.integer(in: 0...1_000_000_000) ?? 65_536,
                imbalanceRatio: section["imbalance_ratio"]?.number(in: 1...100) ?? 1.5)
        default: self = named
        }
        section.finish()
    }
}

extension GatewayFile {
    /// A line for each upstream, one for how they are chosen, and one for what has a price.
    var summary: String {
        let lines = upstreams.map { upstream in
            let models = upstream.models.map { $0.keys.sorted().joined(separator: ", ") } ?? "all models that it lists"
            return "upstream \(upstream.name): \(upstream.kind.name) at \(upstream.url), \(models)\n"
        }
        let priced = prices.models.keys.sorted().joined(separator: ", ")
        return lines.joined() + "routing: \(configuration.routing.name)\n"
            + (priced.isEmpty ? "" : "prices in \(prices.currency): \(priced)\n")
    }
}
