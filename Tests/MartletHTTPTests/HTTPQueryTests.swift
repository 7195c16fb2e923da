import Testing

@testable import MartletHTTP

struct HTTPQueryTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("org%2Fmodel%3Atag", "org/model:tag"), ("a%2fb", "a/b"), ("%E2%82%AC", "€"),
        ("100%", "100%"), ("%4", "%4"), ("%zz%4g%g4", "%zz%4g%g4"), ("%%41", "%A"), ("%2541", "%41"), ("a+b", "a+b"),
        ("%FF", "\u{FFFD}"), ("%00", "\0"), ("%+1%-1", "%+1%-1"), ("€%", "€%"),
    ])
    func `percent-encoding is decoded once, and an invalid escape stays`(_ text: String, _ decoded: String) {
        #expect(PercentEncoding.decoded(text) == decoded)
    }

    @Test(
        arguments: [
            (nil, []), ("", []), ("&&", []), ("a=1", ["a: 1"]), ("a=1&b=2&a=3", ["a: 1", "b: 2", "a: 3"]),
            ("q=a+b%2Bc", ["q: a b+c"]), ("flag&x=", ["flag: ", "x: "]), ("a=b=c", ["a: b=c"]), ("=v", [": v"]),
            ("n%61me=%E2%82%AC%26", ["name: €&"]), ("a;b=1", ["a;b: 1"]), ("a=1?b", ["a: 1?b"]),
            ("x=%ff%", ["x: \u{FFFD}%"]),
        ] as [(String?, [String])])
    func `a query has its parameters in order, decoded after splitting`(_ text: String?, _ parameters: [String]) {
        let query = HTTPQuery(text)
        #expect(query.map { "\($0.name): \($0.value)" } == parameters)
        #expect(query.count == parameters.count)
        #expect(query.isEmpty == parameters.isEmpty)
    }

    @Test func `a name gives its first value, or all of its values`() {
        let query = HTTPQuery("tag=a&Tag=b&tag=c")
        #expect(query["tag"] == "a")
        #expect(query["Tag"] == "b")
        #expect(query.values(of: "tag") == ["a", "c"])
        #expect(query["other"] == nil)
        #expect(query.values(of: "other") == [])
    }
}
