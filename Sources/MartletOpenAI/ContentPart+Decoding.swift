import MartletJSON

extension ContentPart {
    init(_ part: Field, role: ChatRole, capabilities: Capabilities) throws(OpenAIError) {
        let json = try part.object()
        let type = try part.required("type", "\"text\"")
        let kind = Kind(rawValue: try type.string())
        switch kind {
        case .text:
            self.init(kind: kind, text: try part.required("text", "the part's text").string(), json: json)
        case .refusal where role == .assistant:
            self.init(kind: kind, text: try part.required("refusal", "the part's text").string(), json: json)
        case .imageURL where capabilities.contains(.images), .inputAudio where capabilities.contains(.audio),
            .file where capabilities.contains(.files):
            self.init(kind: kind, json: json)
        case .imageURL, .inputAudio, .file:
            throw .unsupportedParameter(
                type.path, "This model does not take content parts of type \"\(kind.rawValue)\"; send text.")
        default:
            throw type.mustBe(role == .assistant ? "\"text\" or \"refusal\"" : "\"text\"")
        }
    }
}
