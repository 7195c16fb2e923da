import MartletClient

/// Asks for a value of a type: the server gets the type's schema, and the reply is decoded.
public func typed<Value: Decodable & Sendable>(
    _ type: Value.Type, _ question: String, from client: Client
) async throws -> Value {
    try await client.chat(question, as: type).value
}

/// The same for a server without response formats: the system prompt describes the schema.
public func typedByPrompt<Value: Decodable & Sendable>(
    _ type: Value.Type, _ question: String, from client: Client
) async throws -> Value {
    var client = client
    let schema = JSONValue.object(try JSONSchema.derived(from: type))
    client.systemPrompt = "Answer with JSON of this schema and nothing else: \(schema)"
    return try await client.chat(question).decoded(as: type)
}
