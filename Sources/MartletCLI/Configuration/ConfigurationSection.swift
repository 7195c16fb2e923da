import Martlet
import Yams

/// A mapping of a configuration file. Every key that is asked for is known; `finish()` reports the others.
final class ConfigurationSection {
    /// As messages name it; empty for the whole file.
    let path: String
    let line: Int
    private let members: [String: (line: Int, value: Node)]
    private let report: ConfigurationReport
    private var known: [String] = []

    fileprivate init(_ mapping: Node.Mapping, path: String, line: Int, report: ConfigurationReport) {
        (self.path, self.line, self.report) = (path, line, report)
        var members: [String: (line: Int, value: Node)] = [:]
        for (key, value) in mapping {
            if let name = key.scalar?.string {
                members[name] = (key.mark?.line ?? line, value)
            } else {
                report.add("a key\(path.isEmpty ? "" : " in \(path)") must be a name", line: key.mark?.line ?? line)
            }
        }
        self.members = members
    }

    /// The value of a key; nil, and reported, if nothing stands behind the key. Nil without the key too.
    subscript(key: String) -> ConfigurationNode? {
        known.append(key)
        guard let (line, value) = members[key] else { return nil }
        let node = ConfigurationNode(
            name: "'\(key)'\(suffix)", path: path.isEmpty ? key : "\(path).\(key)", line: line, node: value,
            report: report)
        if node.isNull {
            report.add("\(node.name) has no value; write one, or remove the key", line: line)
            return nil
        }
        return node
    }

    /// The value of a key that must be there.
    func required(_ key: String) -> ConfigurationNode? {
        if members[key] == nil {
            report.add("\(path.isEmpty ? "the file" : path) needs the key '\(key)'", line: line)
        }
        return self[key]
    }

    /// The keys and values of a mapping whose keys are names of the user's.
    var entries: [(key: String, value: ConfigurationNode)] {
        members.keys.sorted().compactMap { key in self[key].map { (key, $0) } }
    }

    /// Reports the keys that nobody has asked for.
    func finish() {
        for (key, member) in members where !known.contains(key) {
            let shown = key.shownInMessages
            let hint =
                key.closest(among: known).map { "did you mean '\($0)'?" }
                ?? "known are \(known.joined(separator: ", "))"
            report.add("unknown key '\(shown)'\(suffix); \(hint)", line: member.line)
        }
    }

    private var suffix: String { path.isEmpty ? "" : " in \(path)" }
}

extension ConfigurationNode {
    /// The value as a mapping.
    func section() -> ConfigurationSection? {
        guard let mapping = node.mapping else {
            return refuse("a mapping of keys to values")
        }
        return ConfigurationSection(mapping, path: path, line: line, report: report)
    }
}
