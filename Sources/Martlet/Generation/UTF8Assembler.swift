/// Puts characters together whose bytes come in pieces, as the tokens of a byte-level vocabulary have them.
///
/// What goes out is always UTF-8: an incomplete character waits for its rest, and what can become no character is
/// U+FFFD, one for each maximal part of a sequence (Unicode 3.9, and what `String(decoding:as:)` does).
package struct UTF8Assembler {
    private var held: [UInt8] = []

    package init() {}

    /// Whether nothing waits for its rest.
    var isEmpty: Bool { held.isEmpty }

    /// The characters that are complete with `bytes`.
    package mutating func receive(_ bytes: [UInt8]) -> [UInt8] {
        if held.isEmpty && bytes.allSatisfy({ $0 < 0x80 }) { return bytes }
        let all = held + bytes
        let complete = all.count - Self.incompleteSuffixLength(all)
        held = Array(all[complete...])
        return Self.repaired(all[..<complete])
    }

    /// What is left at the end of a text: U+FFFD for a character that stayed incomplete.
    package mutating func finish() -> [UInt8] {
        defer { held = [] }
        return Self.repaired(held[...])
    }

    private static func repaired(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.isEmpty ? [] : Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// How many bytes at the end are the beginning of a character that more bytes could complete.
    private static func incompleteSuffixLength(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let lead = bytes[bytes.count - length]
            if lead & 0xC0 == 0x80 { continue }
            let needed =
                lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xC2 && lead < 0xE0 ? 2 : 1
            guard length < needed else { return 0 }
            return length == 1 || isPossible(lead, second: bytes[bytes.count - length + 1]) ? length : 0
        }
        return 0
    }

    /// Whether a second byte may follow a lead byte: no overlong form, no surrogate, nothing past U+10FFFF.
    private static func isPossible(_ lead: UInt8, second: UInt8) -> Bool {
        switch lead {
        case 0xE0: second >= 0xA0
        case 0xED: second < 0xA0
        case 0xF0: second >= 0x90
        case 0xF4: second < 0x90
        default: true
        }
    }
}
