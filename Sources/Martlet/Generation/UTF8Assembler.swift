/// Assembles characters whose bytes arrive in pieces, as in the tokens of a byte-level vocabulary.
///
/// The output is always valid UTF-8: an incomplete character is buffered until its remaining bytes arrive, and invalid
/// bytes become U+FFFD, one for each maximal subpart of a sequence (Unicode §3.9, and what `String(decoding:as:)`
/// does).
package struct UTF8Assembler {
    private var pending: [UInt8] = []

    package init() {}

    /// Whether no incomplete character is buffered.
    var isEmpty: Bool { pending.isEmpty }

    /// Returns the characters that `bytes` complete.
    package mutating func receive(_ bytes: [UInt8]) -> [UInt8] {
        if pending.isEmpty && bytes.allSatisfy({ $0 < 0x80 }) { return bytes }
        let all = pending + bytes
        let complete = all.count - Self.incompleteSuffixLength(all)
        pending = Array(all[complete...])
        return Self.repaired(all[..<complete])
    }

    /// Returns the rest at the end of a text: U+FFFD for an incomplete character.
    package mutating func finish() -> [UInt8] {
        defer { pending = [] }
        return Self.repaired(pending[...])
    }

    private static func repaired(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.isEmpty ? [] : Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// The number of bytes at the end that begin a character and that more bytes could complete.
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

    /// Whether a second byte may follow a lead byte: overlong forms, surrogates and code points above U+10FFFF are
    /// invalid.
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
