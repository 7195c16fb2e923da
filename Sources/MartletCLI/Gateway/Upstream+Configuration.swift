import MartletGateway
import MartletUV

extension Upstream {
    /// - Parameter folder: Where relative paths begin.
    init?(_ section: ConfigurationSection, folder: String) {
        defer { section.finish() }
        let url = section.required("url").flatMap(Self.url)
        let kind = section["kind"]?.choice(of: UpstreamKind.all.map(\.name), UpstreamKind.init(named:))
        let apis = section["apis"]?.elements().map { list in
            list.compactMap { $0.choice(of: UpstreamAPI.allCases.map(\.rawValue), UpstreamAPI.init(rawValue:)) }
        }
        let name = section["name"]?.string()
        let (variable, file) = (section["key"], section["key_file"])
        if let file, variable != nil { file.report("contradicts 'key'; leave one of them out") }
        let key = variable.flatMap(UpstreamKey.init(variable:)) ?? file.flatMap { UpstreamKey(file: $0, in: folder) }
        let forwarding = section["forward_key"]
        let forwardsKey = forwarding?.flag() ?? false
        if forwardsKey, let source = variable ?? file {
            forwarding?.report("contradicts \(source.name); leave one of them out")
        }
        let authority = section["ca_file"].flatMap { Self.authorityFile($0, in: folder) }
        let models = section["models"].flatMap(Self.models)
        let weight = section["weight"]?.number(above: 0, atMost: UpstreamSpecification.maximumWeight)
        let priority = section["priority"]?.integer(in: UpstreamSpecification.priorities)
        guard let url else { return nil }
        self.init(url, kind: kind ?? .openAI, name: name, key: key, models: models)
        (self.forwardsKey, certificateAuthorityFile) = (forwardsKey, authority)
        self.apis = apis.map(Set.init)
        if let weight { self.weight = weight }
        if let priority { self.priority = priority }
    }

    private static func url(_ node: ConfigurationNode) -> String? {
        guard let text = node.string() else { return nil }
        guard let fault = UpstreamURL.fault(of: text) else { return text }
        node.report(fault)
        return nil
    }

    private static func authorityFile(_ node: ConfigurationNode, in folder: String) -> String? {
        guard let name = node.string() else { return nil }
        let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        guard let fault = AuthorityFile.fault(of: path) else { return path }
        node.report(fault)
        return nil
    }

    /// A list of names, or a mapping of names to the upstream's own.
    private static func models(_ node: ConfigurationNode) -> [String: String]? {
        var models: [String: String] = [:]
        if node.isMapping {
            for (name, value) in node.section()?.entries ?? [] { models[name] = value.string() }
        } else {
            for element in node.elements() ?? [] {
                guard let name = element.string() else { continue }
                if models.updateValue(name, forKey: name) != nil {
                    element.report("is '\(name.shownInMessages)' again; leave it out")
                }
            }
        }
        if models.isEmpty { node.report("has no model; remove the key to relay all that the upstream lists") }
        return models
    }
}

extension UpstreamKey {
    private static let maximumFileBytes = 64 << 10

    fileprivate init?(variable node: ConfigurationNode) {
        guard let name = node.string() else { return nil }
        // It may be the key itself, which no log is to have; some of them look like the name of a variable.
        guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }),
            name.first?.isNumber == false
        else {
            node.report("must be the name of an environment variable that has the key, not the key itself")
            return nil
        }
        if Environment.value(name) == nil {
            let shown = name.contains(where: \.isLowercase) ? "an environment variable" : "the variable \(name)"
            node.report("names \(shown.shownInMessages), which is not set; set it to the key")
            return nil
        }
        self = .environment(name)
    }

    fileprivate init?(file node: ConfigurationNode, in folder: String) {
        guard let name = node.string() else { return nil }
        let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        do throws(UVError) {
            _ = try FileStamp(of: path)
            let content = try FileStamp.contents(of: path, maximumBytes: Self.maximumFileBytes)
            if String(decoding: content, as: UTF8.self).allSatisfy(\.isWhitespace) {
                node.report("names \(path.shownInMessages), which is empty; write the key into it")
                return nil
            }
        } catch {
            node.report("names a file that cannot be used: \(error)")
            return nil
        }
        self = .file(path)
    }
}
