public import MartletHTTP
internal import MartletJSON
public import MartletOpenAI

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension HTTPRequest {
    /// The body as a value of type `Value`, read as JSON. Dates are ISO 8601 text.
    ///
    /// - Throws: An `OpenAIError` with status 400 when the body is not JSON or does not fit: `param` and the message
    ///   name the member, as in `items[2].name`. A handler rethrows it, and the client gets it as the response.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(OpenAIError) -> Value {
        let value = try RequestBody.value(body)
        do {
            return try JSONValueDecoder(value: value).decode(type)
        } catch {
            throw DecodingFault(error, of: value).error
        }
    }
}

/// The 400 that says why a body does not fit a type.
private struct DecodingFault {
    private let fault: any Error
    private let body: JSONValue

    init(_ fault: any Error, of body: JSONValue) {
        self.fault = fault
        self.body = body
    }

    var error: OpenAIError {
        if let error = fault as? OpenAIError { return error }
        switch fault as? DecodingError {
        case .keyNotFound(let key, let context)?:
            let path = Self.path(context.codingPath + [key])
            return .missingParameter(path, "`\(path)` is required.")
        case .typeMismatch(let type, let context)?, .valueNotFound(let type, let context)?:
            return invalid(context.codingPath, "must be \(Self.name(of: type)), but it is \(value(context.codingPath))")
        case .dataCorrupted(let context)?:
            return invalid(context.codingPath, "is not valid: \(context.debugDescription)")
        default:
            return .invalidRequest("The request body is not what this route takes.")
        }
    }

    private func invalid(_ codingPath: [any CodingKey], _ what: String) -> OpenAIError {
        let sentence = what.hasSuffix(".") ? what : "\(what)."
        if codingPath.isEmpty { return .invalidRequest("The request body \(sentence)") }
        let path = Self.path(codingPath)
        return .invalidValue(path, "`\(path)` \(sentence)")
    }

    /// A path as OpenAI writes it, `items[2].name`, cut because clients can send names of any length.
    private static func path(_ codingPath: [any CodingKey]) -> String {
        var path = ""
        for key in codingPath {
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return String(path.prefix(256))
    }

    /// A short description of the value at the path.
    private func value(_ codingPath: [any CodingKey]) -> String {
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

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "`true` or `false`"
        case is Int.Type: "an integer"
        case let type as any FixedWidthInteger.Type: "an integer from \(type.min) to \(type.max)"
        case is any BinaryFloatingPoint.Type: "a number"
        case is any ExpressibleByDictionaryLiteral.Type: "an object"
        case is any ExpressibleByArrayLiteral.Type: "an array"
        case is Date.Type: "a date and time, as in 2026-01-31T12:00:00Z"
        case is Data.Type: "base64"
        case is URL.Type: "a URL"
        default: "another value (\(type))"
        }
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
