import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ResponseFormatTests {
    private func format(_ value: JSONValue) throws(OpenAIError) -> ResponseFormat {
        try chat(["response_format": value], .responseFormat).responseFormat
    }

    private func fault(_ value: JSONValue) -> Fault? {
        MartletTests.fault { () throws(OpenAIError) in try format(value) }
    }

    @Test func `text, any JSON and a schema are formats`() throws {
        #expect(try format(["type": "text"]) == .text)
        #expect(try format(["type": "json_object"]) == .jsonObject)
        let schema: JSONValue = ["name": "s", "description": "d", "schema": ["type": "object"], "strict": true]
        #expect(
            try format(["type": "json_schema", "json_schema": schema])
                == .jsonSchema(name: "s", schema: ["type": "object"], isStrict: true))
        #expect(
            try format(["type": "json_schema", "json_schema": ["name": "s", "strict": .null]])
                == .jsonSchema(name: "s", schema: [:], isStrict: false))
    }

    @Test func `each invalid member is a 400 with its path`() {
        for value in ["text", 1, []] as [JSONValue] { #expect(fault(value) == .invalid("response_format")) }
        #expect(fault([:]) == .missing("response_format.type"))
        for type in ["xml", "", 1] as [JSONValue] { #expect(fault(["type": type]) == .invalid("response_format.type")) }
        func schema(_ schema: JSONValue) -> Fault? { fault(["type": "json_schema", "json_schema": schema]) }
        #expect(fault(["type": "json_schema"]) == .missing("response_format.json_schema"))
        #expect(schema("x") == .invalid("response_format.json_schema"))
        #expect(schema([:]) == .missing("response_format.json_schema.name"))
        #expect(schema(["name": ""]) == .invalid("response_format.json_schema.name"))
        #expect(schema(["name": "s", "schema": "x"]) == .invalid("response_format.json_schema.schema"))
        #expect(schema(["name": "s", "strict": 1]) == .invalid("response_format.json_schema.strict"))
    }

    @Test func `llama.cpp's schema of a JSON object is refused, not ignored`() {
        #expect(fault(["type": "json_object", "schema": ["a": 1]]) == .unsupported("response_format.schema"))
    }
}
