import MartletJSON
import Testing

/// Places in JSON texts, compared with the parser.
struct JSONOutlineTests {
    private static let objects = [
        "{}", "{ }", #"{"a":1}"#, #" { "a" : [1, {"b":"}"}] , "c":"\"," } "#, #"{"":"","\u0061":{"x":[]},"é":"\\"}"#,
        #"{"a":-1.5e-3,"b":true,"c":null,"d":"😀","e":[[],[[]],{}]}"#, "\n{\t\"a\"\r:\n0}",
    ]

    @Test(arguments: objects) func `members are those that the parser finds`(_ text: String) throws {
        let bytes = Array(text.utf8)
        let found = JSONOutline(of: bytes.span)
        let outline = try #require(found)
        let object = try #require(try JSONValue(parsing: bytes).object)
        #expect(outline.members.count == object.count)
        for (member, (name, value)) in zip(outline.members, object) {
            let found = JSONOutline.string(at: member.name, in: bytes.span)
            #expect(found == name)
            #expect(try JSONValue(parsing: Array(bytes[member.value])) == value)
            let place = outline.value(of: name, in: bytes.span)
            #expect(place == member.value)
        }
        let absent = outline.value(of: "absent", in: bytes.span)
        #expect(absent == nil)
    }

    @Test(arguments: objects) func `an object that is cut has no outline`(_ text: String) {
        let whole = text.utf8.drop { $0 == 0x20 || $0 == 0x0A }
        let end = whole.lastIndex(of: UInt8(ascii: "}")) ?? whole.endIndex
        for cut in whole.indices where cut <= end {
            let bytes = Array(whole[..<cut])
            let outline = JSONOutline(of: bytes.span)
            #expect(outline == nil, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test func `elements are found too`() throws {
        let bytes = Array(#" [1, "a,]", {"b":[2]}, [] ] "#.utf8)
        let found = JSONOutline(of: bytes.span)
        let outline = try #require(found)
        #expect(
            outline.elements.map { String(decoding: bytes[$0], as: UTF8.self) } == [
                "1", #""a,]""#, #"{"b":[2]}"#, "[]",
            ])
        let number = Array("7".utf8)
        let none = JSONOutline(of: number.span)
        #expect(none == nil)
    }

    @Test(
        arguments: [
            (#"{"a":1,"b":2,"a":3}"#, "a"), (#"{"a":1,"\u0061":2}"#, "a"), (#"{"":1,"":2}"#, ""),
            (#"{"a":{"a":1}}"#, nil),
            ("{\"\u{E9}\":1,\"e\u{301}\":2}", nil),
        ] as [(String, String?)])
    func `a name that comes twice is found in any spelling`(_ text: String, _ name: String?) {
        let bytes = Array(text.utf8)
        let repeated = JSONOutline(of: bytes.span)?.repeatedName(in: bytes.span)
        #expect(repeated == name)
    }

    @Test(arguments: [
        (#"{"u":1}"#, "{}"), (#"{"u":1,"b":2}"#, #"{"b":2}"#), (#"{"a":0, "u":1 }"#, #"{"a":0 }"#),
        (#"{"a":0,"u":1,"b":2}"#, #"{"a":0,"b":2}"#),
        (#"{"u":1,"u":2,"a":0,"\u0075":3,"b":1,"u":4}"#, #"{"a":0,"b":1}"#), (#"{"u":1,"u":2}"#, "{}"),
    ])
    func `members are removed with their commas`(_ text: String, _ rest: String) {
        var bytes = Array(text.utf8)
        var removal = JSONRemoval()
        let text = bytes
        _ = JSONOutline.visitMembers(of: text.span, in: 0..<text.count) { name, value in
            removal.pass(name, value, isRemoved: JSONOutline.isNamed("u", name, text.span))
        }
        #expect(removal.hasMembers)
        for place in removal.places.reversed() { bytes.removeSubrange(place) }
        #expect(String(decoding: bytes, as: UTF8.self) == rest)
    }
}
