import Foundation
import MartletClient

/// Requests JSON with a type's schema, and decodes it.
public func typed<Value: Decodable>(_ type: Value.Type, _ question: String, from client: Client) async throws -> Value {
    let schema = try JSONSchema.derived(from: type, isStrict: true)
    let format = ResponseFormat.jsonSchema(name: "answer", schema: schema, isStrict: true)
    let reply = try await client.chat(.init(messages: [.user(question)], responseFormat: format))
    return try JSONDecoder().decode(type, from: Data(reply.content.utf8))
}

/// The same for a server without response formats: the system prompt describes the schema.
public func typedByPrompt<Value: Decodable>(
    _ type: Value.Type, _ question: String, from client: Client
) async throws -> Value {
    var client = client
    let schema = JSONValue.object(try JSONSchema.derived(from: type))
    client.systemPrompt = "Answer with JSON of this schema and nothing else: \(schema)"
    let reply = try await client.chat(question)
    return try JSONDecoder().decode(type, from: Data(reply.content.utf8))
}
