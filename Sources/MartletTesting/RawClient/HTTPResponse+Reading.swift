public import Martlet

/// A received response as tests look at it.
extension HTTPResponse {
    /// The status's number.
    public var code: Int { head.status.code }

    /// The content as text; U+FFFD where it is no UTF-8.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of the first field of that name.
    public subscript(field name: String) -> String? { head.fields[name] }

    /// The content as JSON.
    ///
    /// - Throws: `JSONError` if it is none.
    public func json() throws -> JSONValue { try JSONValue(parsing: body) }

    /// The blocks of an event stream, events and comments, without the empty lines that end them.
    public var events: [String] { text.split(separator: "\n\n").map(String.init) }
}
