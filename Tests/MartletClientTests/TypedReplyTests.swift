import Foundation
import MartletClient
import MartletTestSupport
import MartletTesting
import Testing

/// Replies that are decoded as a type.
struct TypedReplyTests {
    struct Recipe: Decodable, Equatable, Sendable {
        var title: String
        var minutes: Int?
        var steps: [Step]

        struct Step: Decodable, Equatable, Sendable { var text: String, minutes: Int }
    }
    enum Size: String, Decodable, CaseIterable, Sendable { case small, large }
    final class Person: Decodable, Sendable, Equatable {
        let name: String
        let parents: [Person]
        let friend: Person?

        static func == (left: Person, right: Person) -> Bool {
            left.name == right.name && left.parents == right.parents && left.friend == right.friend
        }
    }
    struct Facts: Decodable, Equatable, Sendable {
        var at: Date, until: Date, link: URL, id: UUID, price: Decimal, ratio: Double, size: Size?, age: UInt8
    }

    static let recipe = #"{"title":"Cake","minutes":null,"steps":[{"text":"Bake.","minutes":40}]}"#
    static let cake = Recipe(title: "Cake", minutes: nil, steps: [.init(text: "Bake.", minutes: 40)])

    /// Asks for a type, and returns the value and the schema that was sent.
    private func ask<Value: Decodable & Sendable>(
        _ type: Value.Type, _ answer: String
    ) async throws -> (value: Value, schema: JSONObject) {
        try await withFaults([.reply(answer)]) { (client, server) async throws in
            let value = try await client.chat("Hi", as: type).value
            let format = server.bodies.first?["response_format"]?.object?["json_schema"]?.object
            var schema = try #require(format?["schema"]?.object)
            // The answer that decodes is one that the schema allows.
            var schemas = schema["$defs"]?.object ?? [:]
            schemas["Root"] = .object(schema.filter { $0.key != "$defs" }.reduce(into: [:]) { $0[$1.key] = $1.value })
            let document: JSONValue = ["components": ["schemas": .object(schemas)]]
            let faults = MartletTestSupport.JSONSchema(document: document)
                .faults(of: try JSONValue(parsing: Array(answer.utf8)), as: "Root")
            #expect(faults == [])
            schema["$defs"] = nil
            return (value, schema)
        }
    }

    @Test func `a reply is decoded as the type whose strict schema was sent`() async throws {
        try await withFaults([.reply(Self.recipe)]) { (client, server) async throws in
            let typed = try await client.chat("A recipe for a cake.", as: Recipe.self)
            #expect(typed.value == Self.cake)
            #expect(typed.reply.content == Self.recipe && typed.message.text == Self.recipe)
            #expect(typed.usage?.completionTokens == 2)
            let step: JSONValue = [
                "type": "object", "properties": ["text": ["type": "string"], "minutes": ["type": "integer"]],
                "required": ["text", "minutes"], "additionalProperties": false,
            ]
            let schema: JSONValue = [
                "type": "object",
                "properties": [
                    "title": ["type": "string"], "minutes": ["type": ["integer", "null"]],
                    "steps": ["type": "array", "items": step],
                ], "required": ["title", "minutes", "steps"], "additionalProperties": false,
            ]
            let format: JSONValue = [
                "type": "json_schema", "json_schema": ["name": "Recipe", "schema": schema, "strict": true],
            ]
            #expect(server.bodies.first?["response_format"] == format)
        }
    }

    @Test func `a conversation and a request with options have typed replies too`() async throws {
        try await withFaults([.reply(Self.recipe)], [.reply(" \(Self.recipe)\n")]) { (client, server) async throws in
            let messages: [ChatMessage] = [.user("A cake?"), .assistant("Yes."), .user("A recipe.")]
            #expect(try await client.chat(messages, as: Recipe.self).value == Self.cake)
            let request = Client.ChatRequest(messages: messages, temperature: 0, maxTokens: 500)
            #expect(try await client.chat(request, as: Recipe.self).value == Self.cake)
            #expect(server.bodies.map { $0["messages"]?.array?.count } == [3, 3])
            #expect(server.bodies.last?["max_tokens"] == 500)
        }
    }

    @Test func `dates, links, ids and numbers are formats, and decode`() async throws {
        let answer = #"""
            {"at":"2026-01-31T12:00:00Z","until":"2026-01-31T12:00:00.250+23:30","link":"https://example.com/a?b=c",
             "id":"5E1C0F2A-0000-4000-8000-0123456789AB","price":0.1,"ratio":2.5,"size":null,"age":255}
            """#
        let (facts, schema) = try await ask(Facts.self, answer)
        let noon = 1_769_860_800.0
        #expect(facts.at == Date(timeIntervalSince1970: noon))
        #expect(facts.until == Date(timeIntervalSince1970: noon + 0.25 - 23.5 * 3600))
        #expect(facts.link == URL(string: "https://example.com/a?b=c") && facts.size == nil && facts.age == 255)
        #expect(facts.price == Decimal(string: "0.1"))
        let properties: JSONValue = [
            "at": ["type": "string", "format": "date-time"], "until": ["type": "string", "format": "date-time"],
            "link": ["type": "string", "format": "uri"], "id": ["type": "string", "format": "uuid"],
            "price": ["type": "number"], "ratio": ["type": "number"],
            "size": ["type": ["string", "null"], "enum": ["small", "large", .null]],
            "age": ["type": "integer", "minimum": 0, "maximum": 255],
        ]
        #expect(schema["properties"] == properties)
    }

    @Test func `a type that contains itself is defined once`() async throws {
        let answer =
            #"{"name":"A","parents":[{"name":"B","parents":[],"friend":null}],"friend":"#
            + #"{"name":"C","parents":[],"friend":null}}"#
        let (person, schema) = try await ask(Person.self, answer)
        #expect(person.parents.map(\.name) == ["B"] && person.friend?.name == "C")
        #expect(schema["type"] == "object")
        let friend: JSONValue = ["anyOf": [["$ref": "#/$defs/Person"], ["type": "null"]]]
        #expect(schema["properties"]?.object?["friend"] == friend)
    }

    @Test func `a value that is not an object travels as the member value of one`() async throws {
        let (recipes, schema) = try await ask([Recipe].self, #"{"value":[\#(Self.recipe)]}"#)
        #expect(recipes == [Self.cake])
        #expect(schema["required"] == ["value"] && schema["additionalProperties"] == false)
        #expect(schema["properties"]?.object?["value"]?.object?["type"] == "array")
        #expect(try await ask(Int.self, #"{"value":56}"#).value == 56)
        #expect(try await ask(String.self, #"{"value":"Hi"}"#).value == "Hi")
        #expect(try await ask(Bool.self, #"{"value":true}"#).value)
        #expect(try await ask(Size.self, #"{"value":"large"}"#).value == .large)
        #expect(try await ask(Recipe?.self, #"{"value":null}"#).value == nil)
        #expect(try await ask([Person].self, #"{"value":[{"name":"A","parents":[],"friend":null}]}"#).value.count == 1)
        #expect(try await ask([[Double?]].self, #"{"value":[[1,null]]}"#).value == [[1, nil]])
        #expect(try await ask(Date.self, #"{"value":"1970-01-01T00:00:00Z"}"#).value.timeIntervalSince1970 == 0)
    }

    @Test func `the format has a name that every server accepts`() async throws {
        struct Größe<Value: Decodable & Sendable>: Decodable, Sendable { var value: Value }
        struct Name_With_An_Underscore_And_More_Letters_Than_The_Sixty_Four_Of_OpenAI: Decodable, Sendable {}
        try await withFaults(
            [.reply(#"{"value":{"value":[1]}}"#)], [.reply("{}")], [.reply(#"{"value":[2]}"#)]
        ) { (client, server) async throws in
            _ = try await client.chat("Hi", as: Größe<Größe<[Int]>>.self)
            _ = try await client.chat(
                "Hi", as: Name_With_An_Underscore_And_More_Letters_Than_The_Sixty_Four_Of_OpenAI.self)
            _ = try await client.chat("Hi", as: [Int].self)
            let names = server.bodies.compactMap {
                $0["response_format"]?.object?["json_schema"]?.object?["name"]?.string
            }
            #expect(
                names == [
                    "Gr_e_Gr_e_Array_Int", "Name_With_An_Underscore_And_More_Letters_Than_The_Sixty_Four_Of_",
                    "Array_Int",
                ])
        }
    }

    @Test func `OpenAI gets only the formats of its strict mode`() async throws {
        struct Link: Decodable, Sendable { var link: URL, id: UUID }
        let answer = #"{"link":"https://example.com","id":"5E1C0F2A-0000-4000-8000-0123456789AB"}"#
        try await withFaults([.reply(answer)]) { (client, server) async throws in
            var client = client
            client.dialect = .openAI
            #expect(try await client.chat("Hi", as: Link.self).value.link.absoluteString == "https://example.com")
            let schema = server.bodies.first?["response_format"]?.object?["json_schema"]?.object?["schema"]?.object
            let properties: JSONValue = ["link": ["type": "string"], "id": ["type": "string", "format": "uuid"]]
            #expect(schema?["properties"] == properties)
        }
    }

    @Test func `a reply of a tool loop is decoded afterwards`() async throws {
        try await withFaults([.reply(Self.recipe)]) { (client, _) async throws in
            let run = try await client.runTools(.init(messages: [.user("Hi")]), tools: [])
            #expect(try run.reply.decoded(as: Recipe.self) == Self.cake)
        }
    }
}
