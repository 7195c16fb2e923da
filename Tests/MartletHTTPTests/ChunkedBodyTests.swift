import MartletHTTP
import Testing

struct ChunkedBodyTests {
    private static let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    static let refusals = [
        ("an empty size", "\r"), ("an empty size and a bare LF", "\n"), ("an extension without a size", ";"),
        ("a hexadecimal prefix", "0x"), ("a plus", "+"), ("a minus", "-"), ("a space before the size", " "),
        ("a tab before the size", "\t"), ("a letter past F", "g"), ("a letter past F after digits", "5g"),
        ("a space after the size", "5 \r"), ("a tab after the size", "5\t\r"), ("a space inside the size", "5 5"),
        ("a comma", "5,"), ("a point", "5."), ("an underscore", "1_"), ("a NUL", "5\0"),
        ("a size of sixteen digits", "8000000000000000"), ("a size past 64 bits", "10000000000000000"),
        ("a size with leading zeros past 64 bits", "000FFFFFFFFFFFFFFFF"),
        ("a bare LF after the size", "5\n"), ("a bare CR after the size", "5\rh"),
        ("a bare LF after an extension", "5;a\n"), ("a bare CR after an extension", "5;a=b\rh"),
        ("data without CRLF", "5\r\nhello0"), ("data longer than its size", "5\r\nhello!"),
        ("a bare LF after data", "5\r\nhello\n"), ("a bare CR after data", "5\r\nhello\r0"),
        ("an empty extension", "5;\r"), ("an extension that is only whitespace", "5; \r"),
        ("an extension without a name", "5;="), ("an extension without a value", "5;a=\r"),
        ("an extension with two values", "5;a=b="), ("an extension with a space in its name", "5;a b"),
        ("an extension with a space in its value", "5;a=b c"), ("whitespace after an extension's name", "5;a \r"),
        ("whitespace after an extension's value", "5;a=b \r"), ("text after a quoted string", "5;a=\"b\"c"),
        ("a name in quotes", "5;\""), ("a quote inside a value", "5;a=b\""),
        ("a CR in a quoted string", "5;a=\"b\r"), ("a LF in a quoted string", "5;a=\"b\n"),
        ("an escaped CR in a quoted string", "5;a=\"\\\r"), ("a NUL in a quoted string", "5;a=\"\0"),
        ("a bare LF after the last chunk", "0\n"), ("a bare LF in the place of trailers", "0\r\n\n"),
        ("a bare CR in the place of trailers", "0\r\n\r0"), ("a trailer without a colon", "0\r\nX\r"),
        ("a trailer with a bare LF", "0\r\nX: y\n"), ("a folded trailer", "0\r\nX: y\r\n "),
        ("whitespace before a trailer", "0\r\n "), ("a NUL in a trailer", "0\r\nX: \0"),
    ].map { Refusal($0.0, head + $0.1) }

    @Test(arguments: refusals)
    func `malformed chunk framing is refused at the byte that breaks it`(_ refusal: Refusal) {
        refusal.check()
    }

    @Test(arguments: [
        ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("1\r\na\r\n2\r\nbc\r\n000\r\n\r\n", "abc"),
        ("000A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"), ("3\r\n0\r\n\r\n0\r\n\r\n", "0\r\n"),
        ("1;a\r\nx\r\n0;b=c\r\n\r\n", "x"), ("1;a=\"\"\r\nx\r\n0\r\n\r\n", "x"),
        ("1;a=\"q\\\"; =\\\\\té\"\r\nx\r\n0\r\n\r\n", "x"), ("1 ;\ta\t= b ; c ;d=\"e\" ;f\r\nx\r\n0\r\n\r\n", "x"),
        ("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 9\r\nEmpty:\r\n\r\n", "x"),
    ])
    func `chunks are joined, and extensions and trailers dropped`(chunks: String, body: String) {
        let next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
        let fed = Fed.everyWay(Self.head + chunks + next)
        #expect(fed.error == nil)
        #expect(
            fed.requests == [
                "POST / 1.1 chunked [Host=a&Transfer-Encoding=chunked] keeps \(body).",
                "GET /next 1.1 none [Host=a] keeps .",
            ])
    }

    @Test func `chunks above the limit in total are refused at the size line that exceeds it`() {
        var limits = RequestParser.Limits()
        limits.maximumBodyBytes = 5
        #expect(Fed.everyWay(Self.head + "5\r\nhello\r\n0\r\n\r\n", limits: limits).error == nil)
        Refusal("six at once", Self.head + "6\r\n", 413).check(limits: limits)
        Refusal("three and three", Self.head + "3\r\nabc\r\n3\r\n", 413).check(limits: limits)
        Refusal("a huge one", Self.head + "1\r\na\r\n7FFFFFFFFFFFFFFF\r\n", 413).check(limits: limits)
    }

    @Test func `a chunk's line has a limit`() {
        var limits = RequestParser.Limits()
        limits.maximumChunkLineBytes = 8
        #expect(Fed.everyWay(Self.head + "1;a=bcd\r\nx\r\n0000000\r\n\r\n", limits: limits).error == nil)
        Refusal("a long extension", Self.head + "1;a=bcdef", 400).check(limits: limits)
        Refusal("many zeros", Self.head + "000000000", 400).check(limits: limits)
        let long = Self.head + "1;" + String(repeating: "a", count: 4093)
        #expect(Fed([Array((long + "a").utf8)]).error == nil)
        #expect(Fed([Array((long + "aa").utf8)]).status == 400)
    }

    @Test func `trailers have the limits of a head`() {
        var limits = RequestParser.Limits()
        limits.maximumFields = 2
        limits.maximumHeadBytes = Self.head.utf8.count
        Refusal("a third trailer", Self.head + "0\r\na: b\r\nc: d\r\ne", 431).check(limits: limits)
        let value = String(repeating: "v", count: limits.maximumHeadBytes - 7)
        #expect(Fed.everyWay(Self.head + "0\r\nX: \(value)\r\n\r\n", limits: limits).error == nil)
        Refusal("long trailers", Self.head + "0\r\nX: \(value)v\r\n\r\n", 431).check(limits: limits)
    }
}
