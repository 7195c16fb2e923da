internal import MartletHTTP

/// Request bodies are accepted without a content coding only (RFC 9110 §8.4).
enum ContentCoding {
    /// The field of a 415 that lists the accepted codings (RFC 9110 §12.5.3); a 415 for another reason does not have it.
    static let acceptField: HTTPFields = ["Accept-Encoding": "identity"]

    /// The 415 for an encoded body; nil for a plain body or none.
    static func refusal(of head: RequestHead) -> OpenAIError? {
        guard head.fields.contains("Content-Encoding"), head.hasBody else { return nil }
        guard let coding = codings(of: head).first(where: { $0 != "identity" }) else { return nil }
        return OpenAIError(
            status: 415,
            message: "The content coding \(coding.prefix(64)) is not supported; send the body without Content-Encoding."
        )
    }

    /// The codings in all fields, in lower case; empty list members are ignored (RFC 9110 §5.6.1).
    private static func codings(of head: RequestHead) -> [String] {
        var result: [String] = []
        for value in head.fields.values(of: "Content-Encoding") {
            for member in value.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
                result.append(member.lowercased())
            }
        }
        return result
    }
}
