import Foundation
import MartletClient
import MartletJSON
import MartletTestSupport
import Testing

struct JSONSchemaTests {
    enum Unit: String, Decodable, CaseIterable { case celsius, fahrenheit }
    enum Level: Int, Decodable, CaseIterable {
        case low = 1
        case high = 3
    }
    struct Place: Decodable, Sendable { var city: String, latitude: Double? }
    struct Arguments: Decodable, DescribedArguments {
        var place: Place, days: Int, isLong: Bool, tags: [String], places: [Place]?, unit: Unit, level: Level?
        var scores: [String: Double], date: Date?, link: URL?, anything: JSONValue?

        static let descriptions = ["days": "How many."]
    }
    final class Node: Decodable {
        var name: String
        var next: Node?
    }
    struct Checked: Decodable {
        var count: Int
        init(from decoder: any Decoder) throws {
            count = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .count)
            guard count > 0 else { throw CancellationError() }
        }
        enum CodingKeys: CodingKey { case count }
    }

    @Test func `a type tells its schema`() {
        let place: JSONValue = [
            "type": "object", "properties": ["city": ["type": "string"], "latitude": ["type": "number"]],
            "required": ["city"], "additionalProperties": false,
        ]
        let expected: JSONObject = [
            "type": "object",
            "properties": [
                "place": place, "days": ["type": "integer", "description": "How many."], "isLong": ["type": "boolean"],
                "tags": ["type": "array", "items": ["type": "string"]], "places": ["type": "array", "items": place],
                "unit": ["type": "string", "enum": ["celsius", "fahrenheit"]],
                "level": ["type": "integer", "enum": [1, 3]],
                "scores": ["type": "object", "additionalProperties": ["type": "number"]],
                "date": ["type": "string", "format": "date-time"], "link": ["type": "string", "format": "uri"],
                "anything": [:],
            ],
            "required": ["place", "days", "isLong", "tags", "unit", "scores"], "additionalProperties": false,
        ]
        #expect(JSONSchema.derived(from: Arguments.self) == expected)
    }

    @Test func `a type that contains itself, or refuses made-up values, is told as far as it goes`() {
        let node = JSONSchema.derived(from: Node.self)
        #expect(node["properties"] == ["name": ["type": "string"], "next": ["type": "object"]])
        #expect(node["required"] == ["name"])
        #expect(JSONSchema.derived(from: Checked.self)["properties"] == ["count": ["type": "integer"]])
    }

    enum Colour: String, Decodable, Sendable { case red, green }
    struct Paint: Decodable, Sendable {
        var city: String
        var colour: Colour
        var more: Int
    }

    @Test func `a schema that had to stop allows what it does not know`() {
        let schema = JSONSchema.derived(from: Paint.self)
        #expect(schema["properties"] == ["city": ["type": "string"], "colour": ["type": "string"]])
        #expect(schema["additionalProperties"] == nil)
        struct Outer: Decodable { var paint: Paint }
        let inner = JSONSchema.derived(from: Outer.self)["properties"]?["paint"]
        #expect(inner?["additionalProperties"] == nil && inner?["type"] == "object")
    }
}
