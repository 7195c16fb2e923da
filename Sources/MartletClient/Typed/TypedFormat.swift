internal import MartletJSON
internal import MartletOpenAI

/// How a type travels as the format of a reply.
struct TypedFormat: Sendable {
    let format: ResponseFormat
    /// Whether the value is the member `value` of an object: a strict schema has an object at its root.
    let isWrapped: Bool

    /// - Throws: `UnderivableSchema`.
    init(of type: any Decodable.Type, for dialect: ServerDialect) throws(UnderivableSchema) {
        var root = try JSONSchema.node(of: type)
        if case .object = root.kind {
            isWrapped = false
        } else {
            let object = SchemaNode(.object, path: [])
            object.add("value", root, isOptional: false)
            root = object
            isWrapped = true
        }
        let formats = SchemaRendering.openAIFormats
        var rendering = SchemaRendering(
            isStrict: true, root: root, strictFormats: dialect.refusesOtherFormats ? formats : formats.union(["uri"]))
        format = .jsonSchema(name: JSONSchema.name(of: type), schema: try rendering.document(), isStrict: true)
    }
}

extension Client.ChatRequest {
    /// Members of other servers that determine the format too.
    private static let otherFormats = [
        "response_format", "structured_outputs", "guided_json", "guided_regex", "guided_choice", "guided_grammar",
        "json_schema", "grammar", "format", "output_format",
    ]

    /// The same request with the format of a type.
    ///
    /// - Throws: A `ClientError` of reason `formatError` for a type without a strict schema, and for a request whose reply
    ///   would not be a value of the type.
    func asking(
        for type: any Decodable.Type, dialect: ServerDialect
    ) throws(TypedReplyError) -> (request: Self, format: TypedFormat) {
        if responseFormat != nil { throw Self.unsuitable("responseFormat", "the type determines the format") }
        if let name = Self.otherFormats.first(where: { options.extra[$0] != nil }) {
            throw Self.unsuitable("options.extra[\"\(name)\"]", "the type determines the format")
        }
        if prefill?.trimmed.isEmpty == false { throw Self.unsuitable("prefill", "a typed reply is complete JSON") }
        if !tools.isEmpty, toolChoice != ToolChoice.none {
            throw Self.unsuitable(
                "tools", "a call is not a value of the type. For a conversation with calls, set toolChoice to .none")
        }
        let format: TypedFormat
        do { format = try TypedFormat(of: type, for: dialect) } catch {
            throw .failed(ClientError(.formatError, "build request: the type \(type): \(error)"))
        }
        var request = self
        request.responseFormat = format.format
        return (request, format)
    }

    private static func unsuitable(_ property: String, _ reason: String) -> TypedReplyError {
        .failed(ClientError(.formatError, "build request: remove \(property): \(reason)."))
    }
}
