/// Finds the end of a JSON value, byte by byte. It looks only at brackets and strings and does not validate the rest.
struct JSONExtent {
    enum Step {
        /// The byte belongs to the value, which has not ended.
        case inside
        /// The byte is the last one of the value.
        case last
        /// The value ended before this byte.
        case past
    }

    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var hasBegun = false

    mutating func step(_ byte: UInt8) -> Step {
        defer { hasBegun = true }
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
                return depth == 0 ? .last : .inside
            }
            return .inside
        }
        switch byte {
        case UInt8(ascii: "\""):
            if hasBegun && depth == 0 { return .past }
            isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            if hasBegun && depth == 0 { return .past }
            depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            if depth == 0 { return .past }
            depth -= 1
            if depth == 0 { return .last }
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"),
            UInt8(ascii: "\r"):
            if depth == 0 { return .past }
        default: break
        }
        return .inside
    }
}
