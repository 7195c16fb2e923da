import Foundation
import MartletTestSupport
import Testing

@testable import MartletModels

struct WordScannerTests {
    @Test(arguments: [
        ("", []),
        ("Hello world", ["Hello", " world"]),
        ("I'll don't 's'S", ["I", "'ll", " don", "'t", " '", "s", "'", "S"]),
        ("a  b", ["a", " ", " b"]),
        ("a \n b\n", ["a", " \n", " b", "\n"]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),
        ("x\u{a0}y \u{a0}z", ["x", "\u{a0}", "y", " ", "\u{a0}", "z"]),
        ("3.14abc_!", ["3", ".", "14", "abc", "_!"]),
        (" 🦜🚀 日本1", [" 🦜🚀", " 日本", "1"]),
        ("   ", ["   "]),
    ])
    func `a text is split where the pattern splits it`(text: String, words: [String]) {
        #expect(self.words(text) == words)
    }

    @Test func `every character has the kind that the library's engine gives it`() throws {
        let lines = try String(contentsOfFile: Fixture.path("scalar-kinds.txt"), encoding: .utf8)
            .split(separator: "\n").map { $0.split(separator: " ") }
        let runs = lines.map { (start: UInt32($0[0], radix: 16) ?? 0, kind: $0[1]) }
        #expect(runs.count > 1500)
        for (index, run) in runs.enumerated() {
            // Kinds are found by what a character joins; the ends of each run are where a table goes wrong.
            let last = index + 1 < runs.count ? runs[index + 1].start - 1 : 0x10_ffff
            for value in Set([run.start, run.start + (last - run.start) / 2, last]) {
                guard let scalar = Unicode.Scalar(value) else { continue }
                let character = String(Character(scalar))
                let kind =
                    words("a" + character).count == 1
                    ? "L" : words("1" + character).count == 1 ? "N" : words("!" + character).count == 1 ? "O" : "S"
                #expect(kind == run.kind, "U+\(String(value, radix: 16))")
            }
        }
    }

    private func words(_ text: String) -> [String] {
        var text = text
        return text.withUTF8 { bytes in
            var scanner = WordScanner(bytes)
            var words: [String] = []
            while let range = scanner.next() { words.append(String(decoding: bytes[range], as: UTF8.self)) }
            return words
        }
    }
}
