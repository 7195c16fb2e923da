import Foundation
import MartletJSON
import Testing

/// `martlet grammar check`, as a command.
@Suite(.serialized) struct GrammarCommandTests {
    private static let schema = """
        {"type": "object", "properties": {"name": {"type": "string", "minLength": 1}, "age": {"type": "integer"}},
        "required": ["name"], "additionalProperties": false}
        """

    private func check(_ text: String, instance: String = "") async throws -> ChildProcess.Outcome {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).txt")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await MartletExecutable.run("grammar", "check", file.path, input: instance)
    }

    @Test func `a schema is compiled, and an instance of it is shown`() async throws {
        let outcome = try await check(Self.schema)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(
            outcome.output.contains(
                /: a JSON Schema of [0-9]+ bytes that can be obeyed; its grammar has [0-9]+ parts\.\n/))
        let instance = try #require(outcome.output.firstMatch(of: /A random instance: (.*)\n/)).1
        #expect(try JSONValue(parsing: Array(instance.utf8)).object?["name"]?.string?.isEmpty == false)
    }

    @Test(
        arguments: [
            (#"{"age": 1, "name": "Ada"}"#, nil),
            (#"{"name":"Ada","age":"x"}"#, "at /age violates /properties/age/type"),
            (#"{"age":1}"#, "The instance violates /required: the member `name` is missing."),
            (#"{"name":"Ada","x":1}"#, "violates /additionalProperties"), (#"{"name":""}"#, "at /name violates"),
            ("{", "The instance is not JSON"),
        ] as [(String, String?)])
    func `an instance is valid, or it is said what it violates`(instance: String, violation: String?) async throws {
        let outcome = try await check(Self.schema, instance: instance)
        if let violation {
            #expect(outcome.code == 1)
            #expect(outcome.errors.hasPrefix("martlet: ") && outcome.errors.contains(violation), "\(outcome)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        } else {
            #expect(outcome.code == 0)
            #expect(outcome.output.hasSuffix("The instance is valid.\n"))
        }
    }

    @Test func `an instance of a grammar is compared byte by byte`() async throws {
        let grammar = "root ::= \"yes\" | \"no\""
        #expect(try await check(grammar, instance: "no\n").output.hasSuffix("The instance is valid.\n"))
        #expect(try await check(grammar, instance: "nay").errors.contains("does not match from byte 2 on"))
        #expect(try await check(grammar, instance: "ye").errors.contains("is not complete"))
    }

    @Test(arguments: [
        ("", "is empty"), ("{", "is not JSON"), (#"{"type":"object","contains":{}}"#, "`/contains`: the keyword"),
        (#"{"type":"integer","minimum":2,"maximum":1}"#, "Nothing satisfies the schema."), ("root = 1", "in line 1"),
    ])
    func `what cannot be obeyed is one line that says why`(text: String, problem: String) async throws {
        let outcome = try await check(text)
        #expect(outcome.code > 0 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(problem), "\(outcome)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
    }

    @Test func `a missing file is named`() async throws {
        let outcome = try await MartletExecutable.run("grammar", "check", "nowhere.json")
        #expect(outcome.code > 0 && outcome.errors.contains("nowhere.json cannot be read"), "\(outcome)")
    }
}
