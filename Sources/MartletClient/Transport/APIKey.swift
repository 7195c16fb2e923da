internal import MartletHTTP

/// A secret that is never printed: described, dumped or interpolated it is `***`.
public struct APIKey: Sendable, Hashable {
    /// The key, for the request that sends it.
    package let secret: String

    /// Nil for an empty string, which means no key.
    public init?(_ secret: String) {
        if secret.isEmpty { return nil }
        self.secret = secret
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Client {
    /// Values to redact: the key, and secrets in the client's fields and base URL.
    var secrets: [String] {
        var secrets = [apiKey?.secret].compactMap { $0 }
        for (name, value) in fields where Self.isSecret(name.lowercased()) {
            // `Bearer` in `Bearer x` is not a secret.
            secrets += value.split(separator: " ").map(String.init)
        }
        secrets += [baseURL.password].compactMap { $0 }
        return secrets.filter { $0.utf8.count >= 4 && !["basic", "bearer"].contains($0.lowercased()) }
    }

    /// Whether a field with this name, such as `X-Goog-Api-Key` or `X-Auth-Token`, contains a secret.
    private static func isSecret(_ name: String) -> Bool {
        ["auth", "cookie", "key", "secret", "token"].contains { name.contains($0) }
    }
}

extension String {
    /// Prefixes of providers' keys and tokens.
    private static let keyPrefixes = ["sk-", "sk_", "gsk_", "xai-", "hf_", "nvapi-", "AIza", "eyJ"]
    /// Shorter words are not keys.
    private static let shortestKey = 12

    /// Replaces these secrets, words that look like a provider's key, and tokens after `Bearer` with `***`.
    func redacted(_ secrets: [String]) -> String {
        var text = self
        for secret in secrets { text = text.replacing(secret, with: "***") }
        var result = ""
        var word = ""
        var isToken = false
        for character in text {
            if character.isPartOfKey {
                word.append(character)
                continue
            }
            result += word.shown(isToken: isToken)
            // Only spaces separate `Bearer` from its token.
            isToken = word.lowercased() == "bearer" || (word.isEmpty && isToken && character == " ")
            word = ""
            result.append(character)
        }
        return result + word.shown(isToken: isToken)
    }

    private func shown(isToken: Bool) -> String {
        let isKey = utf8.count >= Self.shortestKey && Self.keyPrefixes.contains { hasPrefix($0) }
        return isKey || (isToken && !isEmpty) ? "***" : self
    }
}

extension Character {
    fileprivate var isPartOfKey: Bool { isASCII && (isLetter || isNumber || self == "-" || self == "_") }
}
