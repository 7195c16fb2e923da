import MartletUV
import Yams

/// A configuration file in YAML, of which JSON is a part.
///
/// Aliases are not supported: a few lines of them can stand for more values than there is memory.
struct ConfigurationFile {
    private static let maximumBytes = 4 << 20

    /// Of the content, or of what was there just before it.
    let stamp: FileStamp
    private let path: String
    private let bytes: [UInt8]

    /// Reads the file; not on an event loop.
    init(reading path: String) throws(ConfigurationError) {
        self.path = path
        do throws(UVError) {
            stamp = try FileStamp(of: path)
            bytes = try FileStamp.contents(of: path, maximumBytes: Self.maximumBytes)
        } catch {
            let reason =
                switch error.name {
                case "ENOENT", "ENOTDIR": "there is no such file; name another one with --config"
                case "EFTYPE": "this is not a regular file; name another one with --config"
                case "EFBIG":
                    "the file is larger than \(Self.maximumBytes >> 20) MiB; remove what does not belong to it"
                case "EACCES", "EPERM": "the file may not be read; give this user the permission to read it"
                default: "\(error)"
                }
            throw ConfigurationError(path, reason)
        }
    }

    /// Hands what the file has to `body`, which reports what is wrong with it.
    func decode<Value>(_ body: (ConfigurationSection) -> Value) throws(ConfigurationError) -> Value {
        let report = ConfigurationReport()
        let root = ConfigurationNode(name: "the file", path: "", line: 1, node: try root(), report: report)
        guard let section = root.section() else { throw ConfigurationError(path, report.problems) }
        let value = body(section)
        section.finish()
        if !report.problems.isEmpty { throw ConfigurationError(path, report.problems) }
        return value
    }

    private func root() throws(ConfigurationError) -> Node {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            throw ConfigurationError(path, line: line + 1, "this is not UTF-8; save the file in that encoding")
        }
        if let alias = alias() {
            throw ConfigurationError(
                path, line: alias.line,
                "aliases are not supported; write in the place of '*\(alias.name)' what it means")
        }
        let root: Node?
        do {
            root = try Parser(yaml: text, resolver: .basic).singleRoot()
        } catch {
            throw ConfigurationError(path, error, in: text)
        }
        guard let root, root.scalar?.string != "" else {
            throw ConfigurationError(path, line: 1, "the file is empty; write what it is to configure")
        }
        return root
    }

    /// The first alias. Found before the file is parsed: to compare keys that consist of aliases can take forever.
    private func alias() -> (name: String, line: Int)? {
        var anchors: Set<ArraySlice<UInt8>> = []
        var line = 1
        var previous = UInt8(ascii: "\n")
        for (index, byte) in bytes.enumerated() {
            defer { previous = byte }
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") else { continue }
            let name = bytes[(index + 1)...].prefix { byte in
                let letter = UnicodeScalar(byte | 0x20)
                return ("a"..."z").contains(letter) || ("0"..."9").contains(UnicodeScalar(byte))
                    || "-_".utf8.contains(byte)
            }
            if byte == UInt8(ascii: "&") {
                anchors.insert(name)
            } else if " \t\r\n[{,:?".utf8.contains(previous), !name.isEmpty, anchors.contains(name) {
                return (String(decoding: name, as: UTF8.self), line)
            }
        }
        return nil
    }
}

extension ConfigurationError {
    /// - Parameter error: An error of the YAML parser.
    fileprivate init(_ file: String, _ error: any Error, in text: String) {
        guard let error = error as? YamlError else {
            self.init(file, "\(error)")
            return
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            if problem.contains("nesting level") {
                self.init(file, line: mark.line, "this nests too deeply; no setting has so many levels")
                return
            }
            let place = context.map { " (\($0.text), which begins in line \($0.mark.line))" } ?? ""
            self.init(
                file, line: mark.line,
                "this is not YAML: \(problem)\(place); check indentation, quotes and brackets here and above")
        case .duplicatedKeysInMapping(let keys, let context):
            let known = DuplicateKeys.find(in: text).map { ($0.line, $0.key) }
            let places = known.isEmpty ? [(context.mark.line, keys.first ?? "")] : known
            self.init(
                file,
                places.map { line, key in
                    Problem(
                        line: line,
                        message:
                            "the key '\(key.shownInMessages)' comes twice in the same mapping; leave one of them out")
                })
        case .reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).count(where: \.isNewline) + 1 }
            self.init(file, line: line, "this is not YAML: \(problem); remove the character")
        default:
            self.init(file, "this is not YAML: \(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
        }
    }
}
