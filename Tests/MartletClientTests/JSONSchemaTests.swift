import Foundation
import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
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

    @Test func `a schema is derived from a type`() throws {
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
        #expect(try JSONSchema.derived(from: Arguments.self) == expected)
    }

    @Test func `a type that contains itself is a reference`() throws {
        let node = try JSONSchema.derived(from: Node.self)
        #expect(node["properties"] == ["name": ["type": "string"], "next": ["$ref": "#/$defs/Node"]])
        #expect(node["required"] == ["name"])
        #expect(node["$defs"]?.object?["Node"]?.object?["properties"] == node["properties"])
        struct Tree: Decodable {
            var label: String
            var children: [Tree]
        }
        struct Forest: Decodable {
            var first: Tree
            var second: Tree?
        }
        let forest = try JSONSchema.derived(from: Forest.self, isStrict: true)
        let tree: JSONValue = [
            "type": "object",
            "properties": [
                "label": ["type": "string"], "children": ["type": "array", "items": ["$ref": "#/$defs/Tree"]],
            ], "required": ["label", "children"], "additionalProperties": false,
        ]
        #expect(forest["properties"]?.object?["first"] == ["$ref": "#/$defs/Tree"])
        #expect(forest["properties"]?.object?["second"] == ["anyOf": [["$ref": "#/$defs/Tree"], ["type": "null"]]])
        #expect(forest["$defs"] == ["Tree": tree])
    }

    private final class First: Decodable { var second: Second?, third: Third? }
    private final class Second: Decodable { var first: First?, third: Third? }
    private final class Third: Decodable { var first: First?, second: Second? }

    @Test func `types that contain each other are defined once each`() throws {
        let schema = try JSONSchema.derived(from: First.self, isStrict: true)
        let definitions = try #require(schema["$defs"]?.object)
        #expect(definitions.map(\.key).sorted() == ["First", "Second"])
        let first: JSONValue = ["anyOf": [["$ref": "#/$defs/First"], ["type": "null"]]]
        #expect(definitions["Second"]?.object?["properties"]?.object?["first"] == first)
    }

    @Test func `a strict schema requires every property, and an optional one may be null`() throws {
        struct Strict: Decodable, DescribedArguments {
            var city: String, days: Int?, unit: Unit?, level: Level, place: Place?, tags: [String?], date: Date?
            var link: URL, node: Node?
            static let descriptions = ["days": "How many.", "node": "The list."]
        }
        let place: JSONValue = [
            "type": ["object", "null"],
            "properties": ["city": ["type": "string"], "latitude": ["type": ["number", "null"]]],
            "required": ["city", "latitude"], "additionalProperties": false,
        ]
        let schema = try JSONSchema.derived(from: Strict.self, isStrict: true)
        let properties = try #require(schema["properties"]?.object)
        #expect(schema["required"] == .array(properties.map { .string($0.key) }))
        #expect(properties.count == 9 && schema["additionalProperties"] == false)
        #expect(properties["days"] == ["type": ["integer", "null"], "description": "How many."])
        #expect(properties["unit"] == ["type": ["string", "null"], "enum": ["celsius", "fahrenheit", .null]])
        #expect(properties["level"] == ["type": "integer", "enum": [1, 3]])
        #expect(properties["place"] == place)
        #expect(properties["tags"] == ["type": "array", "items": ["type": ["string", "null"]]])
        #expect(properties["date"] == ["type": ["string", "null"], "format": "date-time"])
        // OpenAI's strict mode does not support the format.
        #expect(properties["link"] == ["type": "string"])
        #expect(
            properties["node"] == [
                "anyOf": [["$ref": "#/$defs/Node"], ["type": "null"]], "description": "The list.",
            ])
        #expect(schema["$defs"]?.object?["Node"]?.object?["required"] == ["name", "next"])
    }

    enum Colour: String, Decodable, Sendable { case red, green }
    enum Zero: Int, Decodable { case zero = 0 }
    enum Bare: Decodable, CaseIterable { case one }
    enum Shape: Decodable {
        case circle(radius: Double)
        case square(side: Double)
    }
    struct Paint: Decodable, Sendable {
        var city: String
        var colour: Colour
        var more: Int
    }
    struct House: Decodable, Sendable { var rooms: [Paint] }
    struct Optionally: Decodable { var colour: Colour? }
    struct WithZero: Decodable { var level: Zero }
    struct WithBare: Decodable { var bare: Bare }
    struct WithShape: Decodable { var shape: Shape }
    struct WithChecked: Decodable { var inner: Checked }
    struct Endless: Decodable {
        var box: Box
        final class Box: Decodable, Sendable { let box: Box }
    }
    struct Keyed: Decodable { var counts: [Colour: Int] }
    struct Picture: Decodable, Sendable { var pixels: Data }
    struct Free: Decodable { var anything: JSONValue, scores: [String: Double] }

    /// A type without a schema, its field, and a word of the reason.
    struct Fault: Sendable {
        let type: any (Decodable & Sendable).Type
        let path: String
        let word: String

        init(_ type: any (Decodable & Sendable).Type, _ path: String, _ word: String) {
            (self.type, self.path, self.word) = (type, path, word)
        }
    }

    @Test(
        arguments: [
            Fault(Paint.self, "colour", "Colour"), Fault(House.self, "rooms.colour", "CaseIterable"),
            Fault(Optionally.self, "colour", "CaseIterable"), Fault(WithZero.self, "level", "Zero"),
            Fault(WithBare.self, "bare", "Bare"), Fault(WithShape.self, "shape", "associated values"),
            Fault(WithChecked.self, "inner", "Checked"), Fault(Endless.self, "box", "contains itself"),
            Fault(Keyed.self, "counts", "keys"), Fault(Colour.self, "", "Colour"),
        ])
    func `a type without a schema is an error that names the field`(_ fault: Fault) {
        for isStrict in [false, true] {
            let error = #expect(throws: UnderivableSchema.self) {
                try JSONSchema.derived(from: fault.type, isStrict: isStrict)
            }
            #expect(error?.path.joined(separator: ".") == fault.path)
            #expect(error?.description.contains(fault.word) == true, "\(error?.description ?? "")")
        }
    }

    @Test func `types that strict mode lacks are errors in a strict schema only`() throws {
        #expect(try JSONSchema.derived(from: Free.self)["required"] == ["anything", "scores"])
        let error = #expect(throws: UnderivableSchema.self) { try JSONSchema.derived(from: Free.self, isStrict: true) }
        #expect(error?.path == ["anything"])
        let pixels: JSONValue = ["type": "string", "contentEncoding": "base64"]
        #expect(try JSONSchema.derived(from: Picture.self)["properties"] == ["pixels": pixels])
        let data = #expect(throws: UnderivableSchema.self) {
            try JSONSchema.derived(from: Picture.self, isStrict: true)
        }
        #expect(data?.path == ["pixels"])
        #expect(throws: UnderivableSchema.self) { try JSONSchema.derived(from: [Int].self, isStrict: true) }
        #expect(throws: UnderivableSchema.self) { try JSONSchema.derived(from: [String: Int].self, isStrict: true) }
    }

    @Test func `integers have the bounds of their type, as far as these are short`() throws {
        struct Integers: Decodable { var a: Int8, b: UInt16, c: UInt32, d: Int64, e: UInt64, f: UInt }
        let properties: JSONValue = [
            "a": ["type": "integer", "minimum": -128, "maximum": 127],
            "b": ["type": "integer", "minimum": 0, "maximum": 65535],
            "c": ["type": "integer", "minimum": 0, "maximum": 4_294_967_295], "d": ["type": "integer"],
            "e": ["type": "integer", "minimum": 0], "f": ["type": "integer", "minimum": 0],
        ]
        #expect(try JSONSchema.derived(from: Integers.self, isStrict: true)["properties"] == properties)
    }

    /// Ignores errors of its properties.
    private struct Lenient: Decodable {
        enum Unlisted: String, Decodable { case a }
        enum CodingKeys: CodingKey { case unlisted, mixed }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            if (try? container.decode(Unlisted.self, forKey: .mixed)) == nil {
                _ = try? container.decode(String.self, forKey: .mixed)
            }
            _ = try? container.decode(Unlisted.self, forKey: .unlisted)
        }
    }

    @Test func `a property whose error its type ignores is not left out`() {
        let error = #expect(throws: UnderivableSchema.self) { try JSONSchema.derived(from: [Lenient].self) }
        #expect(error?.path == ["unlisted"])
    }

    @Test func `properties of nested containers are included`() throws {
        struct Nested: Decodable {
            var city: String
            var pair: [Int]
            enum Outer: CodingKey { case place, pair }
            enum Inner: CodingKey { case city }
            init(from decoder: any Decoder) throws {
                let outer = try decoder.container(keyedBy: Outer.self)
                city = try outer.nestedContainer(keyedBy: Inner.self, forKey: .place).decode(String.self, forKey: .city)
                var elements = try outer.nestedUnkeyedContainer(forKey: .pair)
                pair = [try elements.decode(Int.self), try elements.decode(Int.self)]
            }
        }
        let schema = try JSONSchema.derived(from: Nested.self)
        let properties = schema["properties"]?.object
        #expect(properties?["place"]?.object?["properties"] == ["city": ["type": "string"]])
        #expect(properties?["pair"] == ["type": "array", "items": ["type": "integer"]])
        struct Nothing: Decodable {}
        #expect(try JSONSchema.derived(from: Nothing.self, isStrict: true)["type"] == "object")
    }

    @Test func `a tool without a schema is an error before anything is sent`() async throws {
        let paint = FunctionTool<House>("paint", "Paints.") { _, _ in "done" }
        try await withFaults([.reply("x")]) { (client, server) async throws in
            let error = await failure { try await client.runTools(.init(messages: [.user("Hi")]), tools: [paint]) }
            #expect(error?.reason == .formatError)
            #expect(error?.message.contains("the tool paint: rooms.colour: ") == true, "\(error?.message ?? "")")
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a strict tool sends its strict schema, and takes null for what is optional`() async throws {
        struct Forecast: Decodable, Sendable { var city: String, days: Int? }
        let forecast = FunctionTool<Forecast>("forecast", "Tells the weather.", isStrict: true) { arguments, _ in
            "\(arguments.city) \(arguments.days.map(String.init) ?? "any")"
        }
        let call =
            #"{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":"#
            + #"{"name":"forecast","arguments":"{\"city\":\"Oslo\",\"days\":null}"}}]},"finish_reason":"tool_calls"}]}"#
        try await withFaults([.json(call)], [.reply("ok")]) { (client, server) async throws in
            let run = try await client.runTools(.init(messages: [.user("Hi")]), tools: [forecast])
            #expect(run.messages.filter { $0.role == .tool }.map(\.text) == ["Oslo any"])
            let function = server.bodies.first?["tools"]?.array?.first?.object?["function"]?.object
            #expect(function?["strict"] == true)
            #expect(function?["parameters"]?.object?["required"] == ["city", "days"])
        }
    }

}
