import MartletJSON
import Testing

struct JSONValueTests {
    @Test func `each accessor returns only its own kind`() {
        let values: [JSONValue] = [.null, true, 1, "s", [1], ["a": 1]]
        #expect(values.map { $0.bool != nil } == [false, true, false, false, false, false])
        #expect(values.map { $0.number != nil } == [false, false, true, false, false, false])
        #expect(values.map { $0.string != nil } == [false, false, false, true, false, false])
        #expect(values.map { $0.array != nil } == [false, false, false, false, true, false])
        #expect(values.map { $0.object != nil } == [false, false, false, false, false, true])
        #expect(values.map(\.isNull) == [true, false, false, false, false, false])
    }

    @Test func `literals create values, and a description is JSON`() {
        let value: JSONValue = ["s": "a\nb", "n": [1, 2.5, -3], "t": true, "z": .null, "o": [:]]
        #expect(value.description == #"{"s":"a\nb","n":[1,2.5,-3],"t":true,"z":null,"o":{}}"#)
    }
}
