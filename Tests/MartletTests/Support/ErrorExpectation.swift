import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Expects an error with that status and OpenAI's envelope: only `error`, with exactly four members.
@discardableResult
func expect(
    _ response: HTTPResponse, is status: Int, _ type: String = "invalid_request_error", param: String? = nil,
    code: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    #expect(response.code == status, sourceLocation: sourceLocation)
    #expect(response[field: "Content-Type"] == "application/json", sourceLocation: sourceLocation)
    return try expect(response.json(), isError: type, param: param, code: code, sourceLocation: sourceLocation)
}

/// Expects an envelope that was sent as an event. Returns its message.
@discardableResult
func expect(
    _ json: JSONValue, isError type: String, param: String? = nil, code: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    #expect(json.object?.map(\.key) == ["error"], sourceLocation: sourceLocation)
    let error = json["error"]
    #expect(error?.object?.map(\.key) == ["message", "type", "param", "code"], sourceLocation: sourceLocation)
    #expect(error?["type"] == .string(type), sourceLocation: sourceLocation)
    #expect(error?["param"] == param.map(JSONValue.string) ?? .null, sourceLocation: sourceLocation)
    #expect(error?["code"] == code.map(JSONValue.string) ?? .null, sourceLocation: sourceLocation)
    let message = try #require(error?["message"]?.string, sourceLocation: sourceLocation)
    #expect(!message.isEmpty, sourceLocation: sourceLocation)
    return message
}
