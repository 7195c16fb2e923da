internal import MartletJSON
internal import MartletOpenAI

/// The reasoning of earlier turns, as clients send it back.
///
/// `encrypted_content` is opaque to clients, so that a thought survives clients that keep only what they are to send back. It
/// is not encrypted: the client has the thought anyway.
enum ResponseReasoning {
    /// The first byte of what `encrypted_content` stands for.
    private static let version: UInt8 = 1

    /// The `encrypted_content` of a thought.
    static func encrypted(_ thought: [UInt8]) -> String { Base64.string([version] + thought) }

    /// The thought of a `reasoning` item: that of its `encrypted_content`, else of its `content`, else of its `summary`.
    static func thought(of item: Field) throws(OpenAIError) -> String {
        if let field = item.member("encrypted_content") {
            guard let bytes = Base64.bytes(try field.string()), bytes.first == version,
                let text = String(validating: bytes.dropFirst(), as: UTF8.self)
            else {
                throw OpenAIError(
                    status: 400,
                    message:
                        "`\(field.path)` is not what this server has sent: send it back unchanged, or leave it out.",
                    param: field.path, code: "invalid_encrypted_content")
            }
            return text
        }
        var texts = try texts(of: item.member("content"), "reasoning_text")
        if texts.isEmpty { texts = try Self.texts(of: item.member("summary"), "summary_text") }
        return texts.joined(separator: "\n\n")
    }

    private static func texts(of field: Field?, _ kind: String) throws(OpenAIError) -> [String] {
        guard let field else { return [] }
        var texts: [String] = []
        for part in try field.elements("an array of parts") {
            _ = try part.object()
            let type = try part.required("type", "\"\(kind)\"")
            if try type.string() != kind { throw type.mustBe("\"\(kind)\"") }
            texts.append(try part.required("text", "the part's text").string())
        }
        return texts
    }
}
