internal import MartletHTTP

/// Bodies of the API's requests are read as they are, without a content coding (RFC 9110 §8.4).
enum ContentCoding {
    /// The 415 for an encoded body; nil for a plain one, and without a body.
    static func refusal(of head: RequestHead, as envelope: any ErrorEnvelope) -> HTTPResponse? {
        guard head.fields.contains("Content-Encoding"), head.hasBody else { return nil }
        guard let coding = codings(of: head).first(where: { $0 != "identity" }) else { return nil }
        let error = OpenAIError(
            status: 415,
            message: "The content coding \(coding.prefix(64)) is not supported; send the body without Content-Encoding."
        )
        var response = ErrorRendering.response(error, as: envelope)
        // Says which codings would have been taken (RFC 9110 §12.5.3); a 415 for another reason does not carry it.
        response.head.fields.append("Accept-Encoding", "identity")
        return response
    }

    /// The names in all fields, in lower case; empty members of a list are none (RFC 9110 §5.6.1).
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
