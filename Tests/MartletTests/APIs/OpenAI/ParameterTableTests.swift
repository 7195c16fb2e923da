import Foundation
import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ParameterTableTests {
    private static let tables = [
        ("CreateChatCompletionRequest", ChatRequest.parameters.all),
        ("CreateCompletionRequest", CompletionRequest.parameters.all),
        ("CreateEmbeddingRequest", EmbeddingRequest.parameters.all),
    ]

    @Test func `no table has a name twice`() {
        for (schema, table) in Self.tables {
            let counts = Dictionary(grouping: table, by: \.name).mapValues(\.count)
            #expect(counts.filter { $0.value > 1 }.isEmpty, "\(schema)")
        }
    }

    @Test func `every parameter of OpenAI's own schemas is known`() throws {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Fixtures/openai/openapi.json")
        let document = try JSONValue(parsing: [UInt8](Data(contentsOf: fixture)))
        let schemas = try #require(document.object?["components"]?.object?["schemas"]?.object)
        for (name, table) in Self.tables {
            let properties = Self.properties(of: try #require(schemas[name]), in: schemas)
            #expect(properties.contains("model"), "\(name)")
            #expect(properties.subtracting(table.map(\.name)).isEmpty, "\(name)")
        }
    }

    /// The names of the top-level properties of a schema, including those of schemas that it combines or references.
    private static func properties(of schema: JSONValue, in schemas: JSONObject) -> Set<String> {
        guard let schema = schema.object else { return [] }
        if let name = schema["$ref"]?.string?.split(separator: "/").last, let target = schemas[String(name)] {
            return properties(of: target, in: schemas)
        }
        let own = Set(schema["properties"]?.object?.map(\.key) ?? [])
        return ["allOf", "anyOf", "oneOf"].flatMap { schema[$0]?.array ?? [] }
            .reduce(into: own) { $0.formUnion(properties(of: $1, in: schemas)) }
    }

    @Test func `the first error in the order of the body is reported`() {
        func param(_ body: String) -> String? {
            fault { () throws(OpenAIError) in
                try ChatRequest(decoding: RequestBody.parse(Array(body.utf8)), model: "toy", capabilities: [])
            }?.param
        }
        let messages = #""messages":[{"role":"user","content":"Hi"}]"#
        #expect(param("{\(messages),\"top_p\":2,\"seed\":\"x\"}") == "top_p")
        #expect(param("{\(messages),\"seed\":\"x\",\"top_p\":2}") == "seed")
    }

    @Test func `unknown names are collected in their order, including those with null`() throws {
        let request = try chat(["zzz": 1, "temperature": 1, "max_token": .null, "user": "u"])
        #expect(request.unknownParameters == ["zzz", "max_token"])
        #expect(try completion(["messages": []]).unknownParameters == ["messages"])
        #expect(try embedding(["temperature": 1]).unknownParameters == ["temperature"])
        #expect(try chat().unknownParameters.isEmpty)
    }

    @Test(
        arguments: [
            ("max_token", "max_tokens"), ("temprature", "temperature"), ("maxTokens", "max_tokens"), ("topp", "top_p"),
            ("stops", "stop"), ("message", "messages"), ("tool_choices", "tool_choice"), ("Stream", "stream"),
            ("max_completions_tokens", "max_completion_tokens"),
        ])
    func `a misspelt name gets the closest known one as a hint`(name: String, meant: String) {
        #expect(ChatRequest.parameters.closest(to: name) == meant)
        let error = ChatRequest.parameters.unknown(name)
        #expect(
            Fault(status: error.status, type: error.type, code: error.code, param: error.param)
                == .badRequest("unknown_parameter", name))
        #expect(error.message.hasSuffix("did you mean `\(meant)`?"))
    }

    @Test(arguments: ["", "m", "xy", "quux", "anything_else", "höhe", String(repeating: "n", count: 5000)])
    func `a name without a close match gets no hint`(name: String) {
        #expect(ChatRequest.parameters.closest(to: name) == nil)
        #expect(ChatRequest.parameters.unknown(name).message.hasSuffix("leave it out."))
    }

    @Test func `an overlong name is not repeated`() {
        let error = ChatRequest.parameters.unknown(String(repeating: "é", count: 100_000))
        #expect(error.message.utf8.count < 300)
        #expect(error.param?.count == 64)
    }
}
