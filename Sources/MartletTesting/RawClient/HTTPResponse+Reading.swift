public import Martlet

/// Conveniences for tests of received responses.
extension HTTPResponse {
    /// The status code.
    public var code: Int { head.status.code }

    /// The content as text, with U+FFFD for invalid UTF-8.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of the first field of that name.
    public subscript(field name: String) -> String? { head.fields[name] }

    /// The content as JSON.
    ///
    /// - Throws: `JSONError` if it is not JSON.
    public func json() throws -> JSONValue { try JSONValue(parsing: body) }

    /// The events and comments of an event stream, without the empty lines between them.
    public var events: [String] { text.split(separator: "\n\n").map(String.init) }
}
