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
