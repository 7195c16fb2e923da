internal import MartletJSON
internal import MartletOpenAI

/// The first two steps of decoding, which come before anything is known of the endpoint.
enum RequestBody {
    /// Reads a body as a JSON object; 400 if it is empty, malformed or something else.
    static func parse(_ bytes: [UInt8]) throws(OpenAIError) -> JSONObject {
        if bytes.isEmpty { throw .invalidRequest("The request body is empty; send a JSON object.") }
        let value = try value(bytes)
        guard let object = value.object else {
            throw .invalidRequest("The request body must be a JSON object, but it is \(Field.describe(value)).")
        }
        return object
    }

    /// Reads a body as any JSON value; 400 if it is empty or malformed.
    static func value(_ bytes: [UInt8]) throws(OpenAIError) -> JSONValue {
        if bytes.isEmpty { throw .invalidRequest("The request body is empty; send JSON.") }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .invalidRequest("The request body is not valid JSON. \(error)")
        }
    }

    /// The model that a body asks for; `nil` if it does not say, 400 if it is not a string.
    static func model(of body: JSONObject) throws(OpenAIError) -> String? {
        try Field(body).member("model")?.string()
    }
}
