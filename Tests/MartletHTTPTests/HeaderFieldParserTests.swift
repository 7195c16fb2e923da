import MartletHTTP
import Testing

struct HeaderFieldParserTests {
    private static let line = "GET / HTTP/1.1\r\n"

    static let refusals = [
        Refusal("a space before the first field", line + " "),
        Refusal("a tab before the first field", line + "\t"),
        Refusal("a field folded with a space", line + "Host: a\r\n "),
        Refusal("a field folded with a tab", line + "Host: a\r\n\t"),
        Refusal("an empty name", line + ":"),
        Refusal("a space before the colon", line + "Host "),
        Refusal("a tab before the colon", line + "Host\t"),
        Refusal("a name without a colon", line + "Host\r"),
        Refusal("a bare LF in a name", line + "Host\n"),
        Refusal("a bare LF in the place of a field", line + "\n"),
        Refusal("a bare LF after a field", line + "Host: a\r\n\n"),
        Refusal("a bare CR after the last field", line + "Host: a\r\n\rX"),
        Refusal("a slash in a name", line + "Ho/"),
        Refusal("a bracket in a name", line + "["),
        Refusal("a NUL in a name", line + "Ho\u{0}"),
        Refusal("a DEL in a name", line + "Ho\u{7F}"),
        Refusal("a byte above ASCII in a name", bytes: Array((line + "Ho").utf8) + [0xFF]),
        Refusal("a bare LF in a value", line + "Host: a\n"),
        Refusal("a bare LF in the place of a value", line + "Host:\n"),
        Refusal("a bare CR in a value", line + "Host: a\rb"),
        Refusal("two CR after a value", line + "Host: a\r\r"),
        Refusal("a NUL in a value", line + "Host: a\u{0}"),
        Refusal("a vertical tab before a value", line + "Transfer-Encoding: \u{B}"),
        Refusal("a form feed in a value", line + "Host: abcdefghijk\u{C}"),
        Refusal("an escape in a value", line + "X: \u{1B}"),
        Refusal("a DEL in a value", line + "X: 12345678\u{7F}"),
    ]

    @Test(arguments: refusals)
    func `a malformed field line is refused at the byte that breaks it`(_ refusal: Refusal) {
        refusal.check()
    }

    @Test func `a control byte at any position of a value is found`() {
        let controls = (0...31).filter { ![0x09, 0x0D].contains($0) } + [0x7F]
        for control in controls.map(UInt8.init) {
            for place in 0..<20 {
                let bytes = Array(Self.line.utf8) + Array("X:".utf8) + Array(repeating: 0xFF, count: place) + [control]
                #expect(Fed([bytes.dropLast()]).error == nil)
                #expect(Fed([bytes]).status == 400)
            }
        }
    }

    @Test func `every other byte is accepted at any position of a value`() {
        for byte in (0x20...0xFF).filter({ $0 != 0x7F }).map(UInt8.init) + [0x09] {
            let value = Array(repeating: UInt8(ascii: "x"), count: 9) + [byte] + Array(repeating: 0x21, count: 9)
            let bytes = Array((Self.line + "Host: a\r\nX: ").utf8) + value + Array("\r\n\r\n".utf8)
            var parser = RequestParser()
            var offset = 0
            guard case .head(let head)? = try? parser.next(bytes.span, &offset) else {
                Issue.record("0x\(String(byte, radix: 16)) is refused")
                continue
            }
            #expect(head.fields.bytes(of: "x").map(Array.init) == value)
        }
    }

    @Test(arguments: [
        ("X:", ""), ("X: ", ""), ("X: \t \t", ""), ("X:a", "a"), ("X:  a", "a"), ("X:a \t ", "a"),
        ("X: a\t b ", "a\t b"), ("X: :a:", ":a:"), ("X:\t123456789 \t\t\t\t\t\t\t\t\t\t", "123456789"),
    ])
    func `whitespace around a value is not part of it`(line: String, value: String) {
        let fed = Fed.everyWay(Self.line + "Host: a\r\n" + line + "\r\n\r\n")
        #expect(fed.requests == ["GET / 1.1 none [Host=a&X=\(value)] keeps ."])
    }

    @Test func `the first field above the limit is refused at its first byte`() {
        var limits = RequestParser.Limits()
        limits.maximumFields = 3
        let full = Self.line + "Host: a\r\nb: c\r\nd: e\r\n"
        #expect(Fed.everyWay(full + "\r\n", limits: limits).error == nil)
        Refusal("a fourth field", full + "f", 431).check(limits: limits)
        Refusal("a fourth field without a name", full + ":", 400).check(limits: limits)
        let hundred = (1...100).map { "X\($0): y\r\n" }.joined()
        #expect(Fed([Array((Self.line + hundred).utf8)]).error == nil)
        #expect(Fed([Array((Self.line + hundred + "Z").utf8)]).status == 431)
    }

    @Test func `the first byte above the head's limit is refused`() {
        var limits = RequestParser.Limits()
        let whole = Self.line + "Host: a\r\nX: 1234567890\r\n\r\n"
        limits.maximumHeadBytes = whole.utf8.count
        #expect(Fed.everyWay("\r\n" + whole + whole, limits: limits).requests.count == 2)
        limits.maximumHeadBytes -= 1
        Refusal("a head that is a byte too long", whole, 431).check(limits: limits)
        limits.maximumHeadBytes = 10
        Refusal("a request line that is too long", "GET /abcdef", 431).check(limits: limits)
    }

    @Test func `the default limit of a head is 32 KiB`() {
        let rest = "Host: a\r\n\r\n"
        let fill = (32 << 10) - Self.line.utf8.count - rest.utf8.count - "X: \r\n".utf8.count
        let value = String(repeating: "v", count: fill)
        #expect(Fed([Array((Self.line + "X: \(value)\r\n" + rest).utf8)]).error == nil)
        #expect(Fed([Array((Self.line + "X: \(value)v\r\n" + rest).utf8)]).status == 431)
    }
}
