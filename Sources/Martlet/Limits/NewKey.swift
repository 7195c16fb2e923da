/// How hard a key is to guess.
enum KeyStrength {
    /// What is wrong with a key that people chose; nil for one that nobody guesses. It does not repeat the key.
    static func weakness(of key: [UInt8]) -> String? {
        if key.count < 24 { return "is shorter than 24 characters" }
        if Set(key).count < 10 { return "has fewer than 10 different characters" }
        return nil
    }
}

/// A key of 256 random bits, and the line of a keys file that makes it valid.
package struct NewKey {
    /// `mk-` and 43 characters of base64url. It is not stored anywhere.
    package let key: String
    /// The line, without a line feed.
    package let line: String

    /// - Parameters:
    ///   - permissions: Names of permissions, separated by commas.
    ///   - models: The only models for the key, separated by commas; nil for all.
    ///   - expires: The first day on which it is no longer valid, such as `2027-01-31`; nil for never.
    ///   - limits: How much the principal may ask of the server.
    /// - Throws: `ServerError` for what a keys file may not have.
    package init(
        name: String, permissions: String, models: String? = nil, expires: String? = nil,
        limits: PrincipalLimits = PrincipalLimits()
    ) throws(ServerError) {
        var random = SystemRandomNumberGenerator()
        key = "mk-" + Self.base64URL((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        let digest = SHA256.digest(of: Array(key.utf8).span)
        let fields = [
            ("permissions", permissions), ("models", models), ("expires", expires),
            ("requests-per-minute", limits.requestsPerMinute.map(String.init)),
            ("tokens-per-minute", limits.tokensPerMinute.map(String.init)),
            ("concurrent-requests", limits.concurrentRequests.map(String.init)),
        ]
        line = (["\(name) sha256:\(digest)"] + fields.compactMap { name, value in value.map { "\(name)=\($0)" } })
            .joined(separator: " ")
        do throws(KeysFile.Fault) {
            try KeysFile.checkName(name)
            _ = try KeysFile.entry(line[...])
            if line.contains(where: \.isNewline) { throw KeysFile.Fault("a field has a line break") }
        } catch {
            throw ServerError(error.text)
        }
    }

    /// RFC 4648 §5, without padding.
    private static func base64URL(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var (bits, count) = (0, 0)
        for byte in bytes {
            bits = bits << 8 & 0xFFFF | Int(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[bits >> count & 63])
            }
        }
        if count > 0 { text.append(alphabet[bits << (6 - count) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }
}
