/// The content of a JSON string that arrives in pieces, after its opening quote.
struct PartialString: Sendable {
    /// What is true after a byte.
    enum Progress {
        case continues
        /// The byte was the closing quote; `text` is complete.
        case ended
        /// No JSON string begins like this.
        case malformed
    }

    private enum Escape {
        case none
        /// After a backslash.
        case begun
        /// After `\u` and so many digits.
        case unicode(digits: Int, unit: UInt16)
    }

    /// The content up to the last `flush()`.
    private(set) var text = ""
    /// The content since then, which may end within a character.
    private var bytes: [UInt8] = []
    private var escape = Escape.none
    /// The first half of a surrogate pair, whose second half must follow.
    private var highSurrogate: UInt16?

    mutating func take(_ byte: UInt8) -> Progress {
        switch escape {
        case .none: takePlain(byte)
        case .begun: takeEscaped(byte)
        case .unicode(let digits, let unit): takeDigit(byte, after: digits, unit)
        }
    }

    /// Moves complete characters to `text`. Returns false if the bytes are not UTF-8.
    mutating func flush() -> Bool {
        guard !bytes.isEmpty else { return true }
        let end = bytes.count - incompleteCount
        guard let more = String(validating: bytes[..<end], as: UTF8.self) else { return false }
        text += more
        bytes.removeFirst(end)
        return true
    }

    /// The number of bytes at the end that begin a character and do not complete it.
    private var incompleteCount: Int {
        for (index, byte) in bytes.suffix(3).reversed().enumerated() where byte & 0xC0 != 0x80 {
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > index + 1 ? index + 1 : 0
        }
        return 0
    }

    private mutating func takePlain(_ byte: UInt8) -> Progress {
        if byte == UInt8(ascii: "\\") {
            escape = .begun
            return .continues
        }
        if byte < 0x20 || highSurrogate != nil { return .malformed }
        guard byte == UInt8(ascii: "\"") else {
            bytes.append(byte)
            return .continues
        }
        return flush() && bytes.isEmpty ? .ended : .malformed
    }

    private mutating func takeEscaped(_ byte: UInt8) -> Progress {
        if byte == UInt8(ascii: "u") {
            escape = .unicode(digits: 0, unit: 0)
            return .continues
        }
        if highSurrogate != nil { return .malformed }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        default: return .malformed
        }
        escape = .none
        return .continues
    }

    private mutating func takeDigit(_ byte: UInt8, after digits: Int, _ unit: UInt16) -> Progress {
        guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return .malformed }
        let unit = unit << 4 | UInt16(digit)
        if digits < 3 {
            escape = .unicode(digits: digits + 1, unit: unit)
            return .continues
        }
        escape = .none
        return takeUnit(unit)
    }

    /// Takes the UTF-16 code unit of a complete escape.
    private mutating func takeUnit(_ unit: UInt16) -> Progress {
        if UTF16.isLeadSurrogate(unit) {
            if highSurrogate != nil { return .malformed }
            highSurrogate = unit
            return .continues
        }
        let units = [highSurrogate, unit].compactMap { $0 }
        guard let character = String(validating: units, as: UTF16.self) else { return .malformed }
        highSurrogate = nil
        bytes += character.utf8
        return .continues
    }
}
