/// Percent-encoded text, read (RFC 3986 section 2.1).
package enum PercentEncoding {
    /// The text with each `%XX` as the byte it stands for. A `%` that introduces nothing stands for itself, and what is
    /// not UTF-8 then reads as U+FFFD. In a query `+` is a space (WHATWG URL, application/x-www-form-urlencoded).
    package static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == ASCII.percent, rest.count >= 2, let high = ASCII.hexValue(rest[rest.startIndex]),
                let low = ASCII.hexValue(rest[rest.startIndex + 1])
            {
                bytes.append(UInt8(high << 4 | low))
                rest.removeFirst(2)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? ASCII.space : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
