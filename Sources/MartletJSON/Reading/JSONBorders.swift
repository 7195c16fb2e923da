/// Reads a text from one border to the next.
///
/// The bytes are a parameter of each method, since a struct cannot store a `Span`.
struct JSONBorders {
    private let end: Int
    private(set) var offset: Int

    init(_ part: Range<Int>) { (offset, end) = (part.lowerBound, part.upperBound) }

    /// Reads a value with `read`, which must be all that the part has but white space. Returns its place.
    func whole(of text: Span<UInt8>, _ read: (inout JSONBorders) -> Bool) -> Range<Int>? {
        var borders = self
        borders.skipWhitespace(text)
        let start = borders.offset
        guard read(&borders) else { return nil }
        let end = borders.offset
        borders.skipWhitespace(text)
        return borders.next(text) == nil ? start..<end : nil
    }

    private func next(_ text: Span<UInt8>) -> UInt8? { offset < end ? text[offset] : nil }

    private mutating func skipWhitespace(_ text: Span<UInt8>) {
        while let byte = next(text), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: Unicode.Scalar, _ text: Span<UInt8>) -> Bool {
        guard next(text) == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    mutating func readObject(_ text: Span<UInt8>, _ visit: (Range<Int>, Range<Int>) -> Void) -> Bool {
        guard take("{", text) else { return false }
        skipWhitespace(text)
        if take("}", text) { return true }
        while true {
            skipWhitespace(text)
            guard next(text) == UInt8(ascii: "\""), let name = readValue(text) else { return false }
            skipWhitespace(text)
            guard take(":", text) else { return false }
            skipWhitespace(text)
            guard let value = readValue(text) else { return false }
            visit(name, value)
            skipWhitespace(text)
            if take("}", text) { return true }
            guard take(",", text) else { return false }
        }
    }

    mutating func readArray(_ text: Span<UInt8>, _ visit: (Range<Int>) -> Void) -> Bool {
        guard take("[", text) else { return false }
        skipWhitespace(text)
        if take("]", text) { return true }
        while true {
            skipWhitespace(text)
            guard let element = readValue(text) else { return false }
            visit(element)
            skipWhitespace(text)
            if take("]", text) { return true }
            guard take(",", text) else { return false }
        }
    }

    /// Passes a value, whatever is in it. Nil if it has no end, or no byte.
    private mutating func readValue(_ text: Span<UInt8>) -> Range<Int>? {
        let start = offset
        var depth = 0
        while let byte = next(text) {
            switch byte {
            case UInt8(ascii: "\""):
                guard skipString(text) else { return nil }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                offset += 1
                continue
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The end of what this value is in.
                if depth == 0 { return offset > start ? start..<offset : nil }
                depth -= 1
                offset += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09:
                if depth == 0 { return offset > start ? start..<offset : nil }
                offset += 1
                continue
            default:
                offset += 1
                continue
            }
            if depth == 0 { return start..<offset }
        }
        return depth == 0 && offset > start ? start..<offset : nil
    }

    private mutating func skipString(_ text: Span<UInt8>) -> Bool {
        offset += 1
        while offset < end {
            offset = min(end, text.firstSpecial(from: offset))
            guard let byte = next(text) else { return false }
            offset += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\") { offset += 1 }
        }
        return false
    }
}
