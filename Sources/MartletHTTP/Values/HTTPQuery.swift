/// The parameters of a request target's query, `a=1&b=2`, in order (WHATWG URL, application/x-www-form-urlencoded): `+`
/// is a space, `%XX` is a byte of UTF-8, and a name without `=` has the value "".
public struct HTTPQuery: Sendable, Equatable {
    private let parameters: [Parameter]

    private struct Parameter: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// Parses the part of a target after `?`, not yet percent-decoded; nil gives no parameters.
    public init(_ text: String?) {
        parameters = (text ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Parameter(
                name: PercentEncoding.decoded(parts.first ?? "", plusIsSpace: true),
                value: PercentEncoding.decoded(parts.dropFirst().first ?? "", plusIsSpace: true))
        }
    }

    /// The number of parameters; repeated names count each time.
    public var count: Int { parameters.count }

    /// True without any parameter.
    public var isEmpty: Bool { parameters.isEmpty }

    /// The value of the first parameter of that name, which is case-sensitive; nil if there is none.
    public subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The values of all parameters of that name, in order.
    public func values(of name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }
}

extension HTTPQuery: Sequence {
    /// Names and values in order.
    public func makeIterator() -> some IteratorProtocol<(name: String, value: String)> {
        parameters.lazy.map { (name: $0.name, value: $0.value) }.makeIterator()
    }
}

/// Decoding of percent-encoded text (RFC 3986 §2.1).
package enum PercentEncoding {
    /// The text with each `%XX` replaced by its byte. A `%` without two hexadecimal digits stays, and bytes that are not
    /// UTF-8 become U+FFFD. In a query `+` is a space (WHATWG URL, application/x-www-form-urlencoded).
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
