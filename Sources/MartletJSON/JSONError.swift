/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Equatable {
    /// One sentence that says what was expected and what was found, without the position.
    public let message: String
    /// The offending byte, counted from 0; the length of the input when it ended too early.
    public let offset: Int
    /// The line of that byte, counted from 1. Lines end with LF.
    public let line: Int
    /// The column of that byte in code points, counted from 1.
    public let column: Int

    init(_ message: String, at offset: Int, in bytes: Span<UInt8>) {
        self.message = message
        self.offset = offset
        var line = 1
        var column = 1
        for index in 0..<min(offset, bytes.count) {
            if bytes[index] == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if bytes[index] & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }
}

extension JSONError: CustomStringConvertible {
    /// The message followed by the position.
    public var description: String { "\(message) (line \(line), column \(column))" }
}
