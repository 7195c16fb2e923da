/// Splits UTF-8 into the words of GPT-2's pre-tokenizer, which Hugging Face writes as the pattern
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
struct WordScanner {
    private enum Kind {
        case letter, number, space, other
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// - Parameter text: well-formed UTF-8.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    /// The next word, or `nil` at the end. Words are not empty and leave no gaps.
    mutating func next() -> Range<Int>? {
        guard position < text.count else { return nil }
        let start = position
        position = contractionEnd(start) ?? runEnd(start)
        return start..<position
    }

    private func contractionEnd(_ start: Int) -> Int? {
        guard text[start] == UInt8(ascii: "'"), start + 1 < text.count else { return nil }
        switch text[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return byte(start + 2) == UInt8(ascii: "e") ? start + 3 : nil
        case UInt8(ascii: "l"):
            return byte(start + 2) == UInt8(ascii: "l") ? start + 3 : nil
        default:
            return nil
        }
    }

    /// The end of a run of one kind with at most one plain space before it, or of white space.
    private func runEnd(_ start: Int) -> Int {
        var (kind, end) = scalar(at: start)
        if kind == .space {
            guard text[start] == UInt8(ascii: " "), end < text.count else { return spacesEnd(start) }
            (kind, end) = scalar(at: end)
            if kind == .space { return spacesEnd(start) }
        }
        while end < text.count {
            let (nextKind, nextEnd) = scalar(at: end)
            guard nextKind == kind else { break }
            end = nextEnd
        }
        return end
    }

    /// The end of white space: at the end of the text, all of it; before a word, all but its last character, unless it is
    /// only one.
    private func spacesEnd(_ start: Int) -> Int {
        var end = start
        var last = start
        while end < text.count {
            let (kind, nextEnd) = scalar(at: end)
            guard kind == .space else { return last > start ? last : end }
            last = end
            end = nextEnd
        }
        return end
    }

    private func byte(_ index: Int) -> UInt8? {
        index < text.count ? text[index] : nil
    }

    private func scalar(at index: Int) -> (kind: Kind, end: Int) {
        let first = text[index]
        if first < 0x80 {
            switch first {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                return (.letter, index + 1)
            case UInt8(ascii: "0")...UInt8(ascii: "9"): return (.number, index + 1)
            case 0x09...0x0d, 0x20: return (.space, index + 1)
            default: return (.other, index + 1)
            }
        }
        let length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
        var value = UInt32(first) & (0x7f >> UInt32(length))
        for offset in 1..<length { value = value << 6 | UInt32(text[index + offset] & 0x3f) }
        return (Unicode.Scalar(value).map(Self.kind) ?? .other, index + length)
    }

    /// The kind of a character beyond ASCII in Unicode 16, the version of Hugging Face's regex engine: what was assigned
    /// later is neither letter nor number.
    private static func kind(_ scalar: Unicode.Scalar) -> Kind {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return isKnown(properties) ? .letter : .other
        case .decimalNumber, .letterNumber, .otherNumber:
            return isKnown(properties) ? .number : .other
        default:
            return properties.isWhitespace ? .space : .other
        }
    }

    private static func isKnown(_ properties: Unicode.Scalar.Properties) -> Bool {
        properties.age.map { $0.major <= 16 } ?? false
    }
}
