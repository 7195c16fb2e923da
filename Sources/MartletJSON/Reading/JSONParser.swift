/// A recursive-descent parser: each method reads one rule of RFC 8259's grammar at `offset`.
///
/// The bytes are a parameter of each method, since a struct cannot store a `Span`.
struct JSONParser {
    private let maximumDepth: Int
    private var depth = 0
    private var offset = 0
    /// Strings with escapes are assembled here; others are copied directly from the input.
    private var unescaped: [UInt8] = []

    init(maximumDepth: Int) {
        self.maximumDepth = maximumDepth
    }

    mutating func document(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONError("The text starts with a byte order mark; send UTF-8 without one.", at: 0, in: bytes)
        }
        skipWhitespace(bytes)
        if offset == bytes.count { throw JSONError("The text is empty; expected a JSON value.", at: offset, in: bytes) }
        let value = try value(bytes)
        skipWhitespace(bytes)
        if offset < bytes.count { throw unexpected("the end of the text after the value", bytes) }
        return value
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        guard offset < bytes.count else { throw unexpected("a value", bytes) }
        switch bytes[offset] {
        case UInt8(ascii: "\""): return .string(try string(bytes))
        case UInt8(ascii: "{"): return .object(try object(bytes))
        case UInt8(ascii: "["): return .array(try array(bytes))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number(bytes))
        case UInt8(ascii: "t"): return try literal("true", .bool(true), bytes)
        case UInt8(ascii: "f"): return try literal("false", .bool(false), bytes)
        case UInt8(ascii: "n"): return try literal("null", .null, bytes)
        default: throw unexpected("a value", bytes)
        }
    }

    private mutating func literal(
        _ word: String, _ value: JSONValue, _ bytes: Span<UInt8>
    ) throws(JSONError) -> JSONValue {
        for byte in word.utf8 {
            guard take(byte, bytes) else { throw unexpected("`\(word)`", bytes) }
        }
        return value
    }
}

// MARK: Arrays and objects

extension JSONParser {
    private mutating func array(_ bytes: Span<UInt8>) throws(JSONError) -> [JSONValue] {
        try descend(bytes)
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        skipWhitespace(bytes)
        if take(UInt8(ascii: "]"), bytes) { return elements }
        while true {
            skipWhitespace(bytes)
            elements.append(try value(bytes))
            skipWhitespace(bytes)
            if take(UInt8(ascii: "]"), bytes) { return elements }
            guard take(UInt8(ascii: ","), bytes) else { throw unexpected("`,` or `]` after an element", bytes) }
        }
    }

    private mutating func object(_ bytes: Span<UInt8>) throws(JSONError) -> JSONObject {
        try descend(bytes)
        defer { depth -= 1 }
        var members = JSONObject()
        skipWhitespace(bytes)
        if take(UInt8(ascii: "}"), bytes) { return members }
        while true {
            skipWhitespace(bytes)
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
                throw unexpected("a member name in double quotes", bytes)
            }
            let name = try string(bytes)
            skipWhitespace(bytes)
            guard take(UInt8(ascii: ":"), bytes) else { throw unexpected("`:` after a member name", bytes) }
            skipWhitespace(bytes)
            members[name] = try value(bytes)
            skipWhitespace(bytes)
            if take(UInt8(ascii: "}"), bytes) { return members }
            guard take(UInt8(ascii: ","), bytes) else { throw unexpected("`,` or `}` after a member", bytes) }
        }
    }

    private mutating func descend(_ bytes: Span<UInt8>) throws(JSONError) {
        guard depth < maximumDepth else {
            throw JSONError(
                "Arrays and objects are nested more than \(maximumDepth) deep.", at: offset, in: bytes)
        }
        depth += 1
        offset += 1
    }
}

// MARK: Numbers

extension JSONParser {
    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> JSONNumber {
        let start = offset
        _ = take(UInt8(ascii: "-"), bytes)
        if take(UInt8(ascii: "0"), bytes) {
            if offset < bytes.count, Self.isDigit(bytes[offset]) {
                throw JSONError("A number must not start with a zero.", at: offset, in: bytes)
            }
        } else {
            try digits("a digit after `-`", bytes)
        }
        if let integer = shortInteger(from: start, bytes) { return JSONNumber(integer) }
        if take(UInt8(ascii: "."), bytes) { try digits("a digit after the decimal point", bytes) }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            if !take(UInt8(ascii: "+"), bytes) { _ = take(UInt8(ascii: "-"), bytes) }
            try digits("a digit in the exponent", bytes)
        }
        let text = bytes.extracting(start..<offset).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        return JSONNumber(validated: text)
    }

    /// The value of the digits before `offset` if they are the whole number, not negative, and too few to overflow.
    private func shortInteger(from start: Int, _ bytes: Span<UInt8>) -> Int? {
        guard offset - start <= 18, bytes[start] != UInt8(ascii: "-") else { return nil }
        if offset < bytes.count {
            let next = bytes[offset]
            if next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") { return nil }
        }
        var value = 0
        for index in start..<offset { value = value * 10 + Int(bytes[index] - UInt8(ascii: "0")) }
        return value
    }

    private mutating func digits(_ expectation: String, _ bytes: Span<UInt8>) throws(JSONError) {
        let start = offset
        while offset < bytes.count, Self.isDigit(bytes[offset]) { offset += 1 }
        if offset == start { throw unexpected(expectation, bytes) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}

// MARK: Strings

extension JSONParser {
    private mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        offset += 1
        let start = offset
        offset = bytes.firstSpecial(from: offset)
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") {
            guard let text = bytes.extracting(start..<offset).validatedString else {
                throw illFormed(from: start, bytes)
            }
            offset += 1
            return text
        }
        return try escapedString(from: start, bytes)
    }

    /// Continues a string whose first run `start..<offset` did not end with a quote.
    private mutating func escapedString(from start: Int, _ bytes: Span<UInt8>) throws(JSONError) -> String {
        unescaped.removeAll(keepingCapacity: true)
        var run = start
        while true {
            bytes.extracting(run..<offset).withUnsafeBufferPointer { unescaped.append(contentsOf: $0) }
            guard offset < bytes.count else { throw unexpected("a closing quote", bytes) }
            if take(UInt8(ascii: "\""), bytes) { break }
            guard take(UInt8(ascii: "\\"), bytes) else {
                throw JSONError("A control character in a string must be escaped.", at: offset, in: bytes)
            }
            try escape(bytes)
            run = offset
            offset = bytes.firstSpecial(from: offset)
        }
        guard let text = unescaped.span.validatedString else { throw illFormed(from: start, bytes) }
        return text
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) {
        guard offset < bytes.count else { throw unexpected("an escape after the backslash", bytes) }
        switch bytes[offset] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(bytes[offset])
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"):
            offset += 1
            unescaped.append(contentsOf: UTF8.encode(try unicodeEscape(bytes)) ?? UTF8.encodedReplacementCharacter)
            return
        default: throw unexpected("one of `\"\\/bfnrtu` after the backslash", bytes)
        }
        offset += 1
    }

    /// The scalar of `\uXXXX`, or of two that form a surrogate pair; `offset` is after the first `\u`.
    private mutating func unicodeEscape(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let start = offset - 2
        let first = try codeUnit(bytes)
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, take(UInt8(ascii: "\\"), bytes), take(UInt8(ascii: "u"), bytes) {
            let second = try codeUnit(bytes)
            if second >= 0xDC00, second <= 0xDFFF,
                let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xD800) << 10 | UInt32(second - 0xDC00)))
            {
                return scalar
            }
        }
        throw JSONError("A surrogate escape must be half of a pair.", at: start, in: bytes)
    }

    private mutating func codeUnit(_ bytes: Span<UInt8>) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard offset < bytes.count, let digit = Self.hexadecimalValue(bytes[offset]) else {
                throw unexpected("four hexadecimal digits after `\\u`", bytes)
            }
            unit = unit << 4 | digit
            offset += 1
        }
        return unit
    }

    private static func hexadecimalValue(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

// MARK: Bytes and faults

extension JSONParser {
    private mutating func skipWhitespace(_ bytes: Span<UInt8>) {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private func unexpected(_ expectation: String, _ bytes: Span<UInt8>) -> JSONError {
        let found: String
        if offset >= bytes.count {
            found = "the text ended"
        } else if bytes[offset] > 0x20, bytes[offset] < 0x7F {
            found = "found `\(Unicode.Scalar(bytes[offset]))`"
        } else {
            let digits = String(bytes[offset], radix: 16, uppercase: true)
            found = "found the byte 0x\(digits.utf8.count < 2 ? "0" : "")\(digits)"
        }
        return JSONError("Expected \(expectation), but \(found).", at: offset, in: bytes)
    }

    /// The error for the first byte at or after `start` that is not UTF-8. Escapes are ASCII and do not matter here.
    private func illFormed(from start: Int, _ bytes: Span<UInt8>) -> JSONError {
        var position = start
        var decoder = Unicode.UTF8.ForwardParser()
        var rest = bytes.extracting(start...).withUnsafeBufferPointer(Array.init).makeIterator()
        while case .valid(let scalar) = decoder.parseScalar(from: &rest) { position += scalar.count }
        return JSONError("The text is not well-formed UTF-8.", at: position, in: bytes)
    }
}
