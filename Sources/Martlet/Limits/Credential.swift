internal import MartletHTTP
internal import MartletOpenAI

/// The API key of a request: `Authorization: Bearer KEY`, `x-api-key: KEY` or `api-key: KEY`. Other schemes of
/// `Authorization`, such as those of a proxy, are none.
enum Credential {
    /// The most bytes of a key. Longer ones are not looked up, since hashing them would take the loop's time.
    static let maximumBytes = 512

    /// The bytes of the key, as received; nil without one.
    ///
    /// - Throws: 401 for several different keys: which of them counts would be a guess.
    static func read(from head: RequestHead) throws(OpenAIError) -> ArraySlice<UInt8>? {
        var key: ArraySlice<UInt8>?
        var differs = false
        func add(_ value: ArraySlice<UInt8>) {
            if value.isEmpty { return }
            if let key, key != value { differs = true }
            key = value
        }
        head.fields.forEachValue(of: "authorization") { value in
            if let token = bearerToken(value) { add(token) }
        }
        head.fields.forEachValue(of: "x-api-key", add)
        head.fields.forEachValue(of: "api-key", add)
        if differs { throw .invalidAPIKey("The request has several different API keys. Send one.") }
        return key
    }

    /// The token of the scheme `Bearer`, whose name is case-insensitive (RFC 9110 §11.1); nil for another scheme.
    private static func bearerToken(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let scheme = value.prefix(6)
        guard scheme.elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }) else { return nil }
        let rest = value.dropFirst(6)
        guard let first = rest.first else { return rest }
        return isSpace(first) ? rest.drop(while: isSpace) : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
