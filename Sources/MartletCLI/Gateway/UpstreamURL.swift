import Martlet
import MartletUV

/// What an upstream's address may be: a host with or without a scheme, a port and a path.
enum UpstreamURL {
    /// What is wrong with an address, as the rest of a sentence that begins with its name; nil if nothing is.
    static func fault(of text: String) -> String? {
        // Nothing of a password may be repeated.
        if text.contains("@") {
            return "must be a URL without a user name and a password; name what has the API key with key or key_file"
        }
        let expected = "must be a URL such as http://127.0.0.1:8000, but it is '\(text.shownInMessages)'"
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F && $0 != "?" && $0 != "#" }) else {
            return expected
        }
        var authority = text[...]
        if let end = text.firstRange(of: "://") {
            guard ["http", "https"].contains(text[..<end.lowerBound].lowercased()) else { return expected }
            authority = text[end.upperBound...]
        }
        authority = authority.prefix { $0 != "/" }
        guard let port = port(behind: &authority), !authority.isEmpty, isHost(authority), !text.hasSuffix("://") else {
            return expected
        }
        if port.isEmpty || (UInt16(port).map { $0 > 0 } ?? false) { return nil }
        return "must have a port within 1...65535, but it is '\(text.shownInMessages)'"
    }

    /// Removes the port from an authority (RFC 3986 §3.2). Returns its text, empty without one; nil for what is none.
    private static func port(behind authority: inout Substring) -> Substring? {
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        let end = authority.hasPrefix("[") ? authority.dropFirst(host.count + 1).startIndex : host.endIndex
        let rest = authority[end...]
        authority = authority[..<end]
        if rest.isEmpty { return rest }
        let port = rest.dropFirst()
        guard rest.hasPrefix(":"), !port.isEmpty, port.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return port
    }

    private static func isHost(_ host: Substring) -> Bool {
        if !host.hasPrefix("[") { return !host.contains("[") && !host.contains("]") }
        return host.hasSuffix("]") && IPAddress(String(host.dropFirst().dropLast())).map { !$0.isIPv4 } == true
    }
}
