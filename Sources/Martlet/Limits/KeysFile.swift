internal import MartletHTTP

/// A file of keys: one line for each, of a name, the key's hash and fields, separated by spaces.
///
/// ```
/// # Two keys of one name replace one another.
/// ada sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 permissions=infer,embed
/// ada sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752 permissions=infer,embed expires=2027-01-31
/// batch sha256:fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13 permissions=infer concurrent-requests=4
/// ```
///
/// A pure value: reading the file is `StaticKeys`'s.
enum KeysFile {
    struct Entry {
        let line: Int
        let digest: SHA256.Digest
        let key: StaticKeys.Key
    }

    /// Reads the text of a file. Errors name the file and the line, and never repeat what could be a key by mistake.
    ///
    /// - Parameter name: The file's name in errors.
    static func parse(_ bytes: [UInt8], name: String) throws(ServerError) -> [Entry] {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw ServerError("\(name) is not UTF-8") }
        var entries: [Entry] = []
        var lines: [SHA256.Digest: Int] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            do throws(Fault) {
                guard let entry = try entry(line, number: index + 1) else { continue }
                if let other = lines.updateValue(index + 1, forKey: entry.digest) {
                    throw Fault("the hash is that of line \(other) too")
                }
                entries.append(entry)
            } catch {
                throw ServerError("\(name):\(index + 1): \(error.text)")
            }
        }
        return entries
    }

    // MARK: Lines

    /// What is wrong with a line.
    struct Fault: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    private static let fieldNames = [
        "permissions", "models", "expires", "requests-per-minute", "tokens-per-minute", "concurrent-requests",
    ]

    /// Reads a line; nil for one that is empty or a comment.
    static func entry(_ line: Substring, number: Int = 1) throws(Fault) -> Entry? {
        let words = line.split { $0 == " " || $0 == "\t" }
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        let name = String(words[0])
        try checkName(name)
        guard words.count > 1, words[1].hasPrefix("sha256:"),
            let digest = SHA256.Digest(hexadecimal: words[1].dropFirst("sha256:".count))
        else { throw Fault("the second word must be sha256: and the 64 hexadecimal digits of the key's hash") }
        var values: [String: String] = [:]
        for word in words.dropFirst(2) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, fieldNames.contains(parts[0]) else {
                let names = fieldNames.map { "\($0)=" }.joined(separator: ", ")
                throw Fault("a word after the hash is none of the fields \(names)")
            }
            if parts[1].isEmpty { throw Fault("\(parts[0])= has no value") }
            if values.updateValue(parts[1], forKey: parts[0]) != nil { throw Fault("\(parts[0])= is there twice") }
        }
        guard let permissions = values["permissions"] else { throw Fault("permissions= is missing") }
        let principal = Principal(
            name, permissions: try self.permissions(permissions), models: try values["models"].map(items),
            limits: PrincipalLimits(
                requestsPerMinute: try limit("requests-per-minute", in: values),
                tokensPerMinute: try limit("tokens-per-minute", in: values),
                concurrentRequests: try limit("concurrent-requests", in: values)))
        let key = StaticKeys.Key(principal: principal, expiry: try values["expires"].map(day))
        return Entry(line: number, digest: digest, key: key)
    }

    /// A colon is for the names of keys that are in no file.
    static func checkName(_ name: String) throws(Fault) {
        let isName =
            (1...64).contains(name.utf8.count)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-@".contains($0)) }
        if !isName { throw Fault("the name may have letters, digits and . _ - @ only, 64 at most") }
    }

    private static func permissions(_ text: String) throws(Fault) -> Set<Permission> {
        var permissions: Set<Permission> = []
        for name in try items(text) {
            guard let permission = Permission(name) else {
                let names = Permission.allCases.map(\.description).joined(separator: ", ")
                throw Fault("a permission is none of \(names)")
            }
            permissions.insert(permission)
        }
        return permissions
    }

    private static func items(_ text: String) throws(Fault) -> Set<String> {
        let items = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if items.contains("") { throw Fault("a list has an empty element") }
        return Set(items)
    }

    /// A field that is a positive number of at most nine digits; nil without the field.
    private static func limit(_ name: String, in values: [String: String]) throws(Fault) -> Int? {
        guard let text = values[name] else { return nil }
        guard text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let limit = Int(text),
            limit > 0
        else { throw Fault("\(name)= must be a whole number from 1 to 999999999") }
        return limit
    }

    /// The first second at which a key is no longer valid: the day's first in UTC.
    private static func day(_ text: String) throws(Fault) -> Int {
        guard let seconds = HTTPDate.secondsSince1970(parsingDay: text) else {
            throw Fault("expires= must be a date such as 2027-01-31")
        }
        return seconds
    }
}
