internal import MartletHTTP
internal import MartletUV

/// Finds a client's address behind proxies, from `Forwarded` (RFC 7239) or `X-Forwarded-For`.
///
/// Each proxy appends the address that it was called from, and a client can send the fields too: only what trusted
/// proxies have appended counts. So the addresses are read from the last one, for as long as they are those of trusted
/// proxies.
struct TrustedProxies: Sendable {
    private let ranges: [IPAddressRange]

    /// Nil without proxies.
    ///
    /// - Throws: `ServerError` for text that is neither an address nor a range.
    init?(_ proxies: [String]) throws(ServerError) {
        var ranges: [IPAddressRange] = []
        for proxy in proxies {
            guard let range = IPAddressRange(proxy) else {
                throw ServerError(
                    "a trusted proxy must be an IP address or a range such as 10.0.0.0/8, but it is '\(proxy)'")
            }
            ranges.append(range)
        }
        if ranges.isEmpty { return nil }
        self.ranges = ranges
    }

    /// The address of the client: `peer`, unless that is a trusted proxy which reports another one.
    func clientAddress(of head: RequestHead, from peer: String?) -> String? {
        guard let peer, let proxy = IPAddress(peer), isTrusted(proxy) else { return peer }
        let forwarded = head.fields.values(of: "Forwarded")
        let extended = head.fields.values(of: "X-Forwarded-For")
        if forwarded.isEmpty { return client(Self.entries(ofExtended: extended), from: proxy).description }
        let address = client(Self.entries(ofForwarded: forwarded), from: proxy)
        // A proxy that writes one of the fields may pass on the other one as the client has sent it.
        let isAmbiguous = !extended.isEmpty && client(Self.entries(ofExtended: extended), from: proxy) != address
        return (isAmbiguous ? proxy : address).description
    }

    private func client(_ entries: [Substring?], from proxy: IPAddress) -> IPAddress {
        var address = proxy
        for entry in entries.reversed() {
            // A name that hides the address (RFC 7239 §6.3), or a malformed one, ends the trail.
            guard let previous = entry.flatMap(IPAddress.init) else { break }
            address = previous
            if !isTrusted(address) { break }
        }
        return address
    }

    private func isTrusted(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    // MARK: Fields

    /// The text of the addresses, in order; nil for an entry without one.
    private static func entries(ofForwarded values: [String]) -> [Substring?] {
        values.flatMap { split($0, at: ",") }.map { element in
            let pairs = split(element, at: ";").map(trimmed)
            // A quote that a client leaves open would make what a proxy appends a part of the client's own element.
            guard pairs.allSatisfy(isComplete) else { return nil }
            return pairs.first { $0.lowercased().hasPrefix("for=") }.flatMap { host(of: $0.dropFirst(4)) }
        }
    }

    private static func entries(ofExtended values: [String]) -> [Substring?] {
        values.flatMap { $0.split(separator: ",") }.map { host(of: trimmed($0)) }
    }

    /// Whether the value of a pair has no quotes but those around it.
    private static func isComplete(_ pair: Substring) -> Bool {
        guard let quote = pair.firstIndex(of: "\"") else { return true }
        guard quote > pair.startIndex, pair[pair.index(before: quote)] == "=" else { return false }
        var isEscaped = false
        for index in pair.indices[pair.index(after: quote)...] {
            if isEscaped {
                isEscaped = false
            } else if pair[index] == "\\" {
                isEscaped = true
            } else if pair[index] == "\"" {
                return pair.index(after: index) == pair.endIndex
            }
        }
        return false
    }

    /// The address of `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`, or one of these in quotes.
    private static func host(of text: Substring) -> Substring? {
        var text = text
        if text.first == "\"" {
            guard text.count > 1, text.last == "\"" else { return nil }
            text = text.dropFirst().dropLast()
        }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return text[text.index(after: text.startIndex)..<end]
        }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        return colons == 1 ? text.prefix { $0 != ":" } : text
    }

    /// Splits where `separator` is outside of quotes (RFC 9110 §5.6.4).
    private static func split(_ text: some StringProtocol, at separator: Character) -> [Substring] {
        var parts: [Substring] = []
        let text = Substring(text)
        var (start, isQuoted, isEscaped) = (text.startIndex, false, false)
        for index in text.indices {
            let character = text[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted && character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == separator && !isQuoted {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        return parts + [text[start...]]
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.lastIndex { $0 != " " && $0 != "\t" }.map { start[...$0] } ?? ""
    }
}
