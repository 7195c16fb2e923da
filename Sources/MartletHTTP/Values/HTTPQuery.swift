/// The parameters of a request target's query, `a=1&b=2`, in the order they came (WHATWG URL,
/// application/x-www-form-urlencoded): `+` is a space, `%XX` is a byte of UTF-8, and a name without `=` has the value "".
public struct HTTPQuery: Sendable, Equatable {
    private let parameters: [Parameter]

    private struct Parameter: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// Reads what follows a target's `?`, which is not yet percent-decoded; nil reads as no parameters.
    public init(_ text: String?) {
        parameters = (text ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Parameter(
                name: PercentEncoding.decoded(parts.first ?? "", plusIsSpace: true),
                value: PercentEncoding.decoded(parts.dropFirst().first ?? "", plusIsSpace: true))
        }
    }

    /// The number of parameters, each of several with one name counted.
    public var count: Int { parameters.count }

    /// Whether there is no parameter.
    public var isEmpty: Bool { parameters.isEmpty }

    /// The value of the first parameter of that name, in this very case; nil when there is none.
    public subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The values of all parameters of that name, in order.
    public func values(of name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }
}

extension HTTPQuery: Sequence {
    /// The parameters in order, each a name and a value.
    public func makeIterator() -> some IteratorProtocol<(name: String, value: String)> {
        parameters.lazy.map { (name: $0.name, value: $0.value) }.makeIterator()
    }
}

/// Percent-encoded text, read (RFC 3986 §2.1).
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
