import MartletUV
import Testing

struct InvisiblesTests {
    @Test(arguments: [
        ("plain text, with \"quotes\" and \\", "plain text, with \"quotes\" and \\"), ("", ""),
        ("é 漢字 👍🏽 ❤️ ‐ ", "é 漢字 👍🏽 ❤️ ‐ "),
        ("a\u{202E}b", #"a\u{202E}b"#), ("\u{2066}x\u{2069}", #"\u{2066}x\u{2069}"#),
        ("\u{200E}\u{061C}", #"\u{200E}\u{61C}"#),
        ("a\u{200B}b\u{200D}c\u{FEFF}", #"a\u{200B}b\u{200D}c\u{FEFF}"#), ("a\u{AD}b", #"a\u{AD}b"#),
        ("\u{1B}[2J\u{7}\u{7F}", #"\u{1B}[2J\u{7}\u{7F}"#), ("\u{85}\u{9B}", #"\u{85}\u{9B}"#),
        ("a\nb\r\nc\td", #"a\u{A}b\u{D}\u{A}c\u{9}d"#), ("a\u{2028}b\u{2029}", #"a\u{2028}b\u{2029}"#),
        ("\0", #"\u{0}"#),
        ("\u{E0041}", #"\u{E0041}"#), ("\u{3164}\u{115F}\u{34F}", #"\u{3164}\u{115F}\u{34F}"#),
        ("e\u{301}", "e\u{301}"),
    ])
    func `invisible and reordering characters are escaped`(text: String, escaped: String) {
        #expect(text.escapingInvisibles() == escaped)
        #expect(Array(text.escapingInvisibles().utf8) == Array(escaped.utf8))
    }

    @Test func `only line feeds can be exempted from escaping`() {
        #expect("a\nb\r\n\u{202E}".escapingInvisibles(keepingLineFeeds: true) == "a\nb\\u{D}\n\\u{202E}")
    }
}
