import MartletHTTP
import Testing

struct HTTPFieldsTests {
    private let fields: HTTPFields = ["Accept": "a", "X-One": "1", "accept": "b"]

    @Test func `names are case-insensitive`() {
        #expect(fields["ACCEPT"] == "a")
        #expect(fields["x-one"] == "1")
        #expect(fields["x-on"] == nil)
        #expect(fields.contains("Accept"))
        #expect(!fields.contains("Accep"))
    }

    @Test func `fields of the same name keep their order`() {
        #expect(fields.values(of: "Accept") == ["a", "b"])
        #expect(fields.map(\.name) == ["Accept", "X-One", "accept"])
        #expect(fields.map(\.value) == ["a", "1", "b"])
        #expect(fields.count == 3)
    }

    @Test func `setting a field replaces all of its name`() {
        var changed = fields
        changed.set("ACCEPT", "c")
        #expect(changed.values(of: "accept") == ["c"])
        #expect(changed.count == 2)
        changed.remove("x-one")
        #expect(changed.map(\.name) == ["ACCEPT"])
        #expect(fields.count == 3)
    }

    @Test func `a value cannot inject a line`() {
        var forged = HTTPFields()
        forged.append("X", "a\r\nSet-Cookie: b\0\u{7F}\té")
        #expect(forged["X"] == "a  Set-Cookie: b  \té")
        var written: [UInt8] = []
        forged.write(to: &written)
        #expect(String(decoding: written, as: UTF8.self) == "X: a  Set-Cookie: b  \té\r\n")
    }

    @Test(arguments: ["", "a b", "a:", "a\r\n", "é", "a\0"])
    func `a name that is not a token is not added`(_ name: String) {
        var fields = fields
        let results = [fields.append(name, "x"), fields.set(name, "x")]
        #expect(results == [false, false])
        #expect(fields.count == 3)
    }

    @Test func `a first value is compared case-insensitively`() {
        #expect(fields.first("accept", is: "A"))
        #expect(!fields.first("accept", is: "b"))
        #expect(!fields.first("none", is: ""))
    }

    @Test func `a value that is not UTF-8 keeps its bytes and decodes with replacement characters`() throws {
        let bytes = Array("GET / HTTP/1.0\r\nX: ".utf8) + [0xFF, 0x61] + Array("\r\n\r\n".utf8)
        var parser = RequestParser()
        var offset = 0
        guard case .head(let head)? = try parser.next(bytes.span, &offset) else {
            Issue.record("no head")
            return
        }
        #expect(head.fields["x"] == "\u{FFFD}a")
        #expect(head.fields.bytes(of: "x").map(Array.init) == [0xFF, 0x61])
        var extended = head.fields
        extended.append("Y", "z")
        #expect(extended["y"] == "z")
        #expect(extended["x"] == "\u{FFFD}a")
    }

    @Test func `an empty collection has no fields`() {
        #expect(HTTPFields().isEmpty)
        #expect(!fields.isEmpty)
        #expect(HTTPFields()["a"] == nil)
    }
}
