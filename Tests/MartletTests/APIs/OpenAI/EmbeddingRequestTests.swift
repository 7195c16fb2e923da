import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct EmbeddingRequestTests {
    @Test func `vectors are floats unless base64 is asked for`() throws {
        #expect(try embedding().encodingFormat == .float)
        #expect(try embedding(["encoding_format": .null]).encodingFormat == .float)
        #expect(try embedding(["encoding_format": "float"]).encodingFormat == .float)
        #expect(try embedding(["encoding_format": "base64"]).encodingFormat == .base64)
    }

    @Test(arguments: ["Base64", "int8", "", 1, []] as [JSONValue])
    func `another encoding format is refused`(value: JSONValue) {
        #expect(
            fault { () throws(OpenAIError) in try embedding(["encoding_format": value]) } == .invalid("encoding_format")
        )
    }

    @Test func `2048 inputs are accepted and 2049 refused`() throws {
        func inputs(_ count: Int) -> JSONObject { ["input": .array(Array(repeating: "a", count: count))] }
        #expect(try embedding(inputs(2048)).inputs.count == 2048)
        #expect(fault { () throws(OpenAIError) in try embedding(inputs(2049)) } == .invalid("input"))
    }

    @Test func `one input of many token ids is one input`() throws {
        #expect(try embedding(["input": .array(Array(repeating: 1, count: 5000))]).inputs.count == 1)
    }

    @Test func `dimensions are a positive integer, which is compared with the model later`() throws {
        #expect(try embedding(["dimensions": 64]).dimensions == 64)
        #expect(try embedding(["dimensions": .null]).dimensions == nil)
        for value in [0, -1, 1.5, "64", true] as [JSONValue] {
            #expect(fault { () throws(OpenAIError) in try embedding(["dimensions": value]) } == .invalid("dimensions"))
        }
    }
}
