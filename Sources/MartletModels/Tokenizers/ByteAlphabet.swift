/// GPT-2's mapping from bytes to printable characters: printable Latin-1 stands for itself, the other 68 bytes are
/// U+0100 and up in their order.
enum ByteAlphabet {
    /// The character for each byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt8 = 0
        return (0...UInt8.max).map { byte in
            switch byte {
            case 0x21...0x7e, 0xa1...0xac, 0xae...0xff:
                return Unicode.Scalar(byte)
            default:
                defer { next += 1 }
                // U+0100...U+0143 share their low byte with the count.
                return Unicode.Scalar(UInt16(0x100) + UInt16(next)) ?? Unicode.Scalar(byte)
            }
        }
    }()

    private static let bytes = Dictionary(
        uniqueKeysWithValues: zip(scalars, 0...UInt8.max).map { ($0.0, $0.1) })

    /// The bytes that a token of the vocabulary, in UTF-8, stands for. An added token may have characters outside of the
    /// alphabet; it stands for its own UTF-8.
    static func bytes(of token: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for scalar in String(decoding: token, as: UTF8.self).unicodeScalars {
            guard let byte = bytes[scalar] else { return token }
            result.append(byte)
        }
        return result
    }
}
