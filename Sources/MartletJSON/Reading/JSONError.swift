/// Why a text is not valid JSON, and at which position.
public struct JSONError: Error, Sendable, Equatable {
    /// One sentence with what was expected and what was found, without the position.
    public let message: String
    /// The offset of the offending byte, from 0; the length of the input when it ended too early.
    public let offset: Int
    /// The line of that byte, from 1. Lines end with LF.
    public let line: Int
    /// The column of that byte in code points, from 1.
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
