import MartletHTTP
import Testing

struct ServerSentEventParserTests {
    /// The events of `text`, split at these positions.
    private func events(of bytes: [UInt8], cutAt cuts: [Int] = [], limit: Int = 1024) throws -> [ServerSentEvent] {
        var parser = ServerSentEventParser(limit: limit)
        var events: [ServerSentEvent] = []
        var start = 0
        for end in cuts + [bytes.count] {
            parser.append(Array(bytes[start..<end]))
            while let event = try parser.next() { events.append(event) }
            start = end
        }
        if let event = try parser.finish() { events.append(event) }
        return events
    }

    private func texts(of text: String) throws -> [String] { try events(of: Array(text.utf8)).map(\.text) }

    @Test(
        arguments: [
            ("data: a\n\ndata: b\n\n", ["a", "b"]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
            ("data: a\r\rdata: b\r\r", ["a", "b"]),
            ("data: a\r\n\ndata: b\n\r\n", ["a", "b"]),
            ("data:a\n\ndata:  b\n\n", ["a", " b"]),
            ("data: a\ndata: b\n\n", ["a\nb"]),
            ("data: a\ndata\ndata:\n\n", ["a\n\n"]),
            ("data\n\n", [""]),
            ("data: a\n\n\n\n\ndata: b", ["a", "b"]),
            ("data: a\n\ndata: b\n", ["a", "b"]),
            (": ping\n\ndata: a\n: in between\ndata: b\n\n:\n\n", ["a\nb"]),
            ("\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n", ["a"]),
            ("id: 1\nretry: 5\nother\ndata: a\n\n", ["a"]),
            ("event: error\n\ndata: a\n\n", ["a"]),
            (" data: a\n\nData: b\n\ndata : c\n\n", []),
            ("data: a:b: c\n\n", ["a:b: c"]),
            ("", []), ("\n\n", []), (": only a comment", []),
            ("data: \u{2028}x\u{2029}y\u{85}z\u{0B}\u{0C}\n\n", ["\u{2028}x\u{2029}y\u{85}z\u{0B}\u{0C}"]),
            ("data: é漢🙂\n\n", ["é漢🙂"]),
        ] as [(String, [String])])
    func `a stream gives the standard's events however it is split`(_ text: String, _ expected: [String]) throws {
        let bytes = Array(text.utf8)
        #expect(try texts(of: text) == expected)
        for cut in 0...bytes.count {
            #expect(try events(of: bytes, cutAt: [cut]).map(\.text) == expected, "cut at \(cut)")
            for second in cut...bytes.count where bytes.count < 40 {
                #expect(try events(of: bytes, cutAt: [cut, second]).map(\.text) == expected)
            }
        }
        #expect(try events(of: bytes, cutAt: Array(bytes.indices)).map(\.text) == expected)
    }

    @Test func `an event name applies to one event only`() throws {
        let events = try events(of: Array("event: error\ndata: a\n\ndata: b\n\n".utf8))
        #expect(events == [ServerSentEvent(name: "error", data: [97]), ServerSentEvent(data: [98])])
    }

    @Test func `comments are counted`() throws {
        var parser = ServerSentEventParser()
        parser.append(Array(": ping\n\n: pong\n\ndata: a\n\n".utf8))
        #expect(try parser.next()?.text == "a")
        #expect(parser.commentCount == 2)
    }

    @Test func `a line or an event above the limit is an error, not truncated`() throws {
        let fits = Array(("data: " + String(repeating: "x", count: 58) + "\n\n").utf8)
        #expect(try events(of: fits, limit: 64).count == 1)
        for text in ["data: " + String(repeating: "x", count: 59), String(repeating: "data: xxxxxxxxx\n", count: 7)] {
            for bytes in [Array(text.utf8), Array((text + "\n\n").utf8)] {
                #expect(throws: ServerSentEventParser.TooLong(limit: 64)) { try events(of: bytes, limit: 64) }
                #expect(throws: ServerSentEventParser.TooLong(limit: 64)) {
                    try events(of: bytes, cutAt: Array(bytes.indices), limit: 64)
                }
            }
        }
    }

    @Test func `a long line in small pieces is searched once`() throws {
        // Quadratic work on these 16 MB would take hours.
        var parser = ServerSentEventParser(limit: 32 << 20)
        parser.append(Array("data: ".utf8))
        let piece = [UInt8](repeating: 120, count: 64)
        for _ in 0..<(256 * 1024) {
            parser.append(piece)
            let event = try parser.next()
            #expect(event == nil)
        }
        #expect(try parser.finish()?.data.count == 16 << 20)
    }
}
