import ArgumentParser
import Martlet
import MartletGateway

/// An upstream as `--upstream` names it: a URL, and options behind it.
struct UpstreamSpecification {
    static let maximumWeight = 1000.0
    static let priorities = 0...1000
    private static let names = [
        "kind", "api", "key", "forward_key", "ca_file", "model", "name", "weight", "priority",
    ]

    let upstream: Upstream

    /// - Throws: `ValidationError` that names the part.
    init(_ text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let url = String(parts[0])
        if let fault = UpstreamURL.fault(of: url) { throw ValidationError("--upstream \(fault).") }
        var upstream = Upstream(url)
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, Self.names.contains(pair[0]) else {
                let others = Self.names.filter { $0 != pair.first }
                let hint = pair.first?.closest(among: others).map { " Did you mean '\($0)='?" } ?? ""
                let known = Self.names.map { "\($0)=" }.joined(separator: ", ")
                throw ValidationError("--upstream takes \(known) behind the URL, but it has '\(part)'.\(hint)")
            }
            try Self.apply(pair[0], pair[1], to: &upstream)
        }
        if upstream.forwardsKey && upstream.key != nil {
            throw ValidationError("forward_key= of --upstream contradicts key=; leave one of them out.")
        }
        self.upstream = upstream
    }

    private static func apply(_ name: String, _ value: String, to upstream: inout Upstream) throws {
        switch name {
        case "kind":
            guard let kind = UpstreamKind(named: value) else {
                let known = UpstreamKind.all.map(\.name).joined(separator: ", ")
                throw ValidationError("kind= of --upstream must be one of \(known), but it is '\(value)'.")
            }
            upstream.kind = kind
        case "api":
            guard let api = UpstreamAPI(rawValue: value) else {
                let known = UpstreamAPI.allCases.map(\.rawValue).joined(separator: " or ")
                throw ValidationError("api= of --upstream must be \(known), but it is '\(value)'.")
            }
            upstream.apis = (upstream.apis ?? []).union([api])
        case "key": upstream.key = .environment(value)
        case "forward_key":
            guard let isForwarded = Bool(value) else {
                throw ValidationError("forward_key= of --upstream must be true or false, but it is '\(value)'.")
            }
            upstream.forwardsKey = isForwarded
        case "ca_file":
            if let fault = AuthorityFile.fault(of: value) { throw ValidationError("ca_file= of --upstream \(fault).") }
            upstream.certificateAuthorityFile = value
        case "model":
            let pair = value.split(separator: "=", maxSplits: 1).map(String.init)
            upstream.models = upstream.models ?? [:]
            upstream.models?[pair[0]] = pair.count > 1 ? pair[1] : pair[0]
        case "name": upstream.name = value
        case "weight":
            guard let weight = Double(value), weight > 0, weight <= maximumWeight else {
                throw ValidationError("weight= of --upstream must be above 0 and at most 1000, but it is '\(value)'.")
            }
            upstream.weight = weight
        default:
            guard let priority = Int(value), priorities.contains(priority) else {
                throw ValidationError("priority= of --upstream must be within 0...1000, but it is '\(value)'.")
            }
            upstream.priority = priority
        }
    }
}
