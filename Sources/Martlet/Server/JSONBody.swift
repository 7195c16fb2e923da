public import MartletHTTP
internal import MartletJSON
public import MartletOpenAI

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension HTTPRequest {
    /// The body as a value of type `Value`, read as JSON. Dates are date-times of RFC 3339.
    ///
    /// - Throws: An `OpenAIError` with status 400 when the body is not JSON or does not fit: `param` and the message
    ///   name the member, as in `items[2].name`. A handler rethrows it, and the client gets it as the response.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(OpenAIError) -> Value {
        let value = try RequestBody.value(body)
        do {
            return try JSONValueDecoder(value).decode(type)
        } catch {
            throw DecodingFault(error).error(in: value)
        }
    }
}

extension DecodingFault {
    /// The 400 that says why a body does not fit a type.
    fileprivate func error(in body: JSONValue) -> OpenAIError {
        // Clients can send names of any length.
        let path = String(path.prefix(256))
        switch problem {
        case .missing:
            return .missingParameter(path, "`\(path)` is required.")
        case .mismatch(let expected, _):
            return invalid(path, "must be \(expected), but it is \(description(in: body))")
        case .invalid(let reason):
            return invalid(path, "is not valid: \(reason)")
        case .other(let error as OpenAIError):
            return error
        case .notJSON, .other:
            return .invalidRequest("The request body is not what this route takes.")
        }
    }

    private func invalid(_ path: String, _ what: String) -> OpenAIError {
        let sentence = what.hasSuffix(".") ? what : "\(what)."
        return path.isEmpty
            ? .invalidRequest("The request body \(sentence)") : .invalidValue(path, "`\(path)` \(sentence)")
    }

    /// A short description of the value at the path.
    private func description(in body: JSONValue) -> String {
        var value = body
        for key in codingPath {
            switch value {
            case .array(let elements):
                guard let index = key.intValue, elements.indices.contains(index) else { return "something else" }
                value = elements[index]
            case .object(let members):
                guard let member = members[key.stringValue] else { return "missing" }
                value = member
            default: return "something else"
            }
        }
        return Field.describe(value)
    }
}

extension HTTPResponse {
    /// A response whose content is `value` as JSON, with members in the order of their names and dates as ISO 8601
    /// text.
    ///
    /// - Throws: `EncodingError` for a value that JSON cannot hold, such as an infinite number.
    public init(_ status: HTTPStatus = .ok, encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        self.init(status, json: Array(try encoder.encode(value)))
    }
}
