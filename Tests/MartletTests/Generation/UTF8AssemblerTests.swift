import MartletUV
import Testing

@testable import Martlet

struct UTF8AssemblerTests {
    private static func assembled(_ pieces: [[UInt8]]) -> [UInt8] {
        var assembler = UTF8Assembler()
        var text: [UInt8] = []
        for piece in pieces {
            let new = assembler.receive(piece)
            if String(validating: new, as: UTF8.self) == nil { Issue.record("\(new) is no UTF-8, of \(pieces)") }
            text += new
        }
        return text + assembler.finish()
    }

    private static func expected(_ bytes: [UInt8]) -> [UInt8] { Array(String(decoding: bytes, as: UTF8.self).utf8) }

    @Test(arguments: [
        "", "plain", "é", "€", "😀", "aé€😀z", "\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}", "👩‍👩‍👧", "\0\u{7F}",
    ])
    func `a text is unchanged at every split`(_ text: String) {
        let bytes = Array(text.utf8)
        for pieces in bytes.everySplit { #expect(Self.assembled(pieces) == bytes) }
    }

    static let invalid: [(what: String, bytes: [UInt8])] = [
        ("a lone continuation", [0x80]),
        ("three lone continuations", [0x61, 0x80, 0xBF, 0x80, 0x62]),
        ("an overlong slash in two bytes", [0xC0, 0xAF]),
        ("an overlong slash in three bytes", [0xE0, 0x80, 0xAF]),
        ("an overlong slash in four bytes", [0xF0, 0x80, 0x80, 0xAF]),
        ("the largest overlong forms", [0xC1, 0xBF, 0xE0, 0x9F, 0xBF, 0xF0, 0x8F, 0xBF, 0xBF]),
        ("surrogates", [0xED, 0xA0, 0x80, 0xED, 0xBF, 0xBF]),
        ("past U+10FFFF", [0xF4, 0x90, 0x80, 0x80]),
        ("bytes that are never UTF-8", [0xF5, 0x80, 0xF8, 0x88, 0xFE, 0xFF]),
        ("a character cut off by ASCII", [0xE2, 0x82, 0x41, 0xF0, 0x9F, 0x98, 0x42]),
        ("a character cut off by another", [0xE2, 0x82, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0xC3, 0xA9]),
        ("a lead after a lead", [0xC3, 0xC3, 0xE2, 0xF0, 0x41]),
        ("one continuation too many", [0xC3, 0xA9, 0xA9, 0xF0, 0x9F, 0x98, 0x80, 0x80]),
    ]

    @Test(arguments: invalid)
    func `invalid UTF-8 is repaired as String decodes the whole, at every split`(_ what: String, _ bytes: [UInt8]) {
        for pieces in bytes.everySplit { #expect(Self.assembled(pieces) == Self.expected(bytes), "\(what): \(pieces)") }
    }

    @Test(
        arguments: [
            ([0xC3], 1), ([0xE2], 1), ([0xE2, 0x82], 1), ([0xF0], 1), ([0xF0, 0x9F], 1), ([0xF0, 0x9F, 0x98], 1),
            ([0xE0, 0x9F], 2), ([0xED, 0xA0], 2), ([0xF4, 0x90, 0x80], 3), ([0xF0, 0x9F, 0xE2, 0x82], 2),
        ] as [([UInt8], Int)])
    func `an incomplete end is one replacement character for each maximal subpart`(_ end: [UInt8], _ count: Int) {
        let bytes = Array("ok".utf8) + end
        let expected = "ok" + String(repeating: "\u{FFFD}", count: count)
        for pieces in bytes.everySplit {
            #expect(String(decoding: Self.assembled(pieces), as: UTF8.self) == expected, "\(pieces)")
        }
    }

    @Test func `a character is emitted with its last byte, and not before`() {
        var assembler = UTF8Assembler()
        #expect(assembler.receive([0x61, 0xF0]) == [0x61])
        #expect(assembler.receive([0x9F]) == [])
        #expect(assembler.receive([0x98]) == [])
        #expect(assembler.receive([0x80]) == [0xF0, 0x9F, 0x98, 0x80])
        #expect(assembler.finish() == [])
    }

    @Test(
        arguments: [[0x80], [0xC0], [0xC1], [0xF5], [0xFF], [0xE0, 0x9F], [0xED, 0xA0], [0xF0, 0x8F], [0xF4, 0x90]]
            as [[UInt8]])
    func `bytes that cannot become a character are not buffered`(_ bytes: [UInt8]) {
        var assembler = UTF8Assembler()
        var emitted: [UInt8] = []
        for byte in bytes { emitted += assembler.receive([byte]) }
        #expect(emitted == Self.expected(bytes))
        #expect(assembler.finish() == [])
    }

    @Test func `random bytes at random splits are repaired as String decodes the whole`() {
        // Mostly bytes at the boundaries of UTF-8's ranges: uniform random bytes rarely form a long character.
        let edges: [UInt8] = [
            0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0,
            0xF1,
            0xF3, 0xF4, 0xF5, 0xFF,
        ]
        var random = SplitMix64(seed: 1)
        for _ in 0..<10_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                Int.random(in: 0..<8, using: &random) == 0
                    ? UInt8.random(in: 0...255, using: &random) : edges[Int.random(in: edges.indices, using: &random)]
            }
            let pieces = bytes.pieces(using: &random)
            #expect(Self.assembled(pieces) == Self.expected(bytes), "\(pieces)")
        }
    }
}
