import MartletUV
import Testing

@testable import Martlet

struct StopMatcherTests {
    /// The match of a search in the whole text: the stop string that ends first, and of those the one that began first.
    private static func search(_ text: [UInt8], for stop: [[UInt8]]) -> (emitted: [UInt8], isStopped: Bool) {
        for end in 0...text.count {
            let ending = stop.filter { !$0.isEmpty && text[..<end].reversed().starts(with: $0.reversed()) }
            if let longest = ending.map(\.count).max() { return (Array(text[..<(end - longest)]), true) }
        }
        return (text, false)
    }

    /// The longest end of the text that begins a stop string: no more than that has to be pending.
    private static func undecided(_ text: [UInt8], _ stop: [[UInt8]]) -> Int {
        let prefixes = stop.flatMap { stop in stop.indices.map { stop[..<$0] } }
        return prefixes.filter { text.reversed().starts(with: $0.reversed()) }.map(\.count).max() ?? 0
    }

    /// Feeds the pieces and expects the match of the search in the whole text, and no text to be pending longer than
    /// necessary.
    private static func check(_ pieces: [[UInt8]], stop: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        let patterns = stop.map { Array($0.utf8) }
        let expected = search(Array(pieces.joined()), for: patterns)
        var matcher = StopMatcher(stop)
        var (read, emitted, isStopped): ([UInt8], [UInt8], Bool) = ([], [], false)
        for piece in pieces where !isStopped {
            let new = matcher.receive(piece)
            read += piece
            emitted += new.text
            isStopped = new.isStopped
            if !isStopped {
                #expect(
                    emitted.count == read.count - undecided(read, patterns), "\(stop) \(pieces)",
                    sourceLocation: sourceLocation)
            }
        }
        let rest = matcher.finish()
        #expect(!isStopped || rest.isEmpty, sourceLocation: sourceLocation)
        let outcome = String(decoding: emitted + rest, as: UTF8.self)
        #expect(
            outcome == String(decoding: expected.emitted, as: UTF8.self), "\(stop) \(pieces)",
            sourceLocation: sourceLocation)
        #expect(isStopped == expected.isStopped, "\(stop) \(pieces)", sourceLocation: sourceLocation)
    }

    static let cases: [(text: String, stop: [String], emitted: String)] = [
        ("one END two", ["END"], "one "),
        ("END", ["END"], ""),
        ("ENDless", ["END"], ""),
        ("to the END", ["END"], "to the "),
        ("no such thing", ["END"], "no such thing"),
        ("almost EN", ["END"], "almost EN"),
        ("EEND", ["END"], "E"),
        ("ENEND", ["END"], "EN"),
        ("aabaabaaab", ["aabaaab"], "aab"),
        ("aabaabaa", ["aabaa"], ""),
        ("xaabaxaabaa", ["aabaa"], "xaabax"),
        ("aaaaab", ["aaab"], "aa"),
        ("zabc", ["ab", "abc", "aab"], "z"),
        ("zaab", ["ab", "abc", "aab"], "z"),
        ("aac", ["ab", "abc", "aab"], "aac"),
        ("abcd", ["bcd", "abcx"], "a"),
        ("abcde", ["abcdx", "cd"], "ab"),
        ("wabcde", ["abcde", "d"], "wabc"),
        ("line\n\nrest", ["\n\n", "\n"], "line"),
        ("a\r\nb", ["\n"], "a\r"),
        ("café€!", ["€"], "café"),
        ("😀😁", ["😁"], "😀"),
        ("e\u{301}x", ["é"], "e\u{301}x"),
        ("text", [], "text"),
        ("text", [""], "text"),
        ("text", ["", "x"], "te"),
        ("", ["x"], ""),
    ]

    @Test(arguments: cases)
    func `a stop string ends the text before it, at every split`(_ text: String, _ stop: [String], _ emitted: String) {
        let bytes = Array(text.utf8)
        #expect(
            String(decoding: Self.search(bytes, for: stop.map { Array($0.utf8) }).emitted, as: UTF8.self) == emitted)
        for pieces in bytes.everySplit { Self.check(pieces, stop: stop) }
    }

    @Test(arguments: [["b", "ab", "aab"], ["aab", "ab", "b"], ["ab", "aab", "b"]])
    func `of stop strings that end together the longest matches, in any order`(_ stop: [String]) {
        var matcher = StopMatcher(stop)
        let (text, isStopped) = matcher.receive(Array("caab".utf8))
        #expect(isStopped)
        #expect(String(decoding: text, as: UTF8.self) == "c")
    }

    @Test func `text that cannot become a stop string is emitted at once`() {
        var matcher = StopMatcher(["stop"])
        #expect(matcher.receive(Array("a st".utf8)).text == Array("a ".utf8))
        #expect(matcher.receive(Array("s".utf8)).text == Array("st".utf8))
        #expect(matcher.receive(Array("x".utf8)).text == Array("sx".utf8))
        #expect(matcher.finish() == [])
    }

    @Test func `random texts at random splits match as in a search of the whole`() {
        var random = SplitMix64(seed: 2)
        func word(_ lengths: ClosedRange<Int>, _ letters: [String]) -> String {
            (0..<Int.random(in: lengths, using: &random)).map { _ in letters.randomElement(using: &random) ?? "" }
                .joined()
        }
        for round in 0..<5_000 {
            let letters = round % 3 == 0 ? ["a", "b", "é"] : ["a", "b"]
            let stop = (0..<Int.random(in: 0...3, using: &random)).map { _ in word(0...10, letters) }
            // Consecutive beginnings of stop strings cause as many partial matches as possible.
            let text = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                let start = stop.randomElement(using: &random) ?? ""
                return String(start.prefix(Int.random(in: 0...10, using: &random))) + word(0...1, letters)
            }
            Self.check(Array(text.joined().utf8).pieces(using: &random), stop: stop)
        }
    }
}
