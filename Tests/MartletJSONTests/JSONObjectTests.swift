import MartletJSON
import Testing

struct JSONObjectTests {
    @Test(arguments: [1, 16, 17, 18, 100])
    func `members are found, replaced in place and removed at every size`(size: Int) {
        var object = JSONObject()
        for number in 0..<size { object["key\(number)"] = .number(JSONNumber(number)) }
        #expect(object.count == size)
        #expect(object["absent"] == nil)

        object["key0"] = "replaced"
        #expect(object.count == size)
        #expect(object[0].key == "key0")
        #expect(object[0].value == "replaced")

        object["key0"] = nil
        object["absent"] = nil
        #expect(object.count == size - 1)
        #expect(object["key0"] == nil)
        for number in 1..<size { #expect(object["key\(number)"]?.number?.int == number) }

        object["new"] = true
        #expect(object.last?.key == "new")
        #expect(object["new"] == true)
    }

    @Test func `order does not affect equality`() {
        #expect(["a": 1, "b": 2] as JSONObject == ["b": 2, "a": 1])
        #expect(["a": 1, "b": 2] as JSONObject != ["a": 1, "b": 3])
        #expect(["a": 1] as JSONObject != ["a": 1, "b": 2])
        #expect(["a": 1] as JSONObject != ["b": 1])
    }

    @Test func `members keep their source order`() {
        let object: JSONObject = ["z": 1, "a": 2, "m": 3, "a": 4]
        #expect(object.map(\.key) == ["z", "a", "m"])
        #expect(object["a"] == 4)
    }
}
