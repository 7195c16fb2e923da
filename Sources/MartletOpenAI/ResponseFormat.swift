public import MartletJSON

/// What the answer must look like: OpenAI's `response_format`.
public enum ResponseFormat: Sendable, Equatable {
    /// Anything.
    case text
    /// A JSON object; needs the capability `responseFormat`.
    case jsonObject
    /// JSON that follows a schema; needs the capability `responseFormat`.
    case jsonSchema(name: String, schema: JSONObject, isStrict: Bool)
}
