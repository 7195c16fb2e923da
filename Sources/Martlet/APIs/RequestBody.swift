internal import MartletJSON
internal import MartletOpenAI

/// The steps of decoding that are the same for all endpoints.
enum RequestBody {
    /// Parses a body as a JSON object; 400 if it is empty, malformed or another value.
    static func parse(_ bytes: [UInt8]) throws(OpenAIError) -> JSONObject {
        if bytes.isEmpty { throw .invalidRequest("The request body is empty; send a JSON object.") }
        let value = try value(bytes)
        guard let object = value.object else {
            throw .invalidRequest("The request body must be a JSON object, but it is \(Field.describe(value)).")
        }
        return object
    }

    /// Parses a body as any JSON value; 400 if it is empty or malformed.
    static func value(_ bytes: [UInt8]) throws(OpenAIError) -> JSONValue {
        if bytes.isEmpty { throw .invalidRequest("The request body is empty; send JSON.") }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .invalidRequest("The request body is not valid JSON. \(error)")
        }
    }

    /// The `model` of a body; nil if there is none, 400 if it is not a string.
    static func model(of body: JSONObject) throws(OpenAIError) -> String? {
        try Field(body).member("model")?.string()
    }
}
