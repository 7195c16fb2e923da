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
            try Self.checkPayload(of: part, kind)
            self.init(kind: kind, json: json)
        case .imageURL, .inputAudio, .file:
            throw type.unsupported("This model does not take content parts of type \"\(kind.rawValue)\"; send text.")
        default:
            throw type.mustBe(role == .assistant ? "\"text\" or \"refusal\"" : "\"text\"")
        }
    }

    /// Sees that there is something to look at or to hear; what it is, only the model can tell.
    private static func checkPayload(of part: Field, _ kind: Kind) throws(OpenAIError) {
        let payload = try part.required(kind.rawValue, "what the part holds")
        _ = try payload.object()
        switch kind {
        case .imageURL: _ = try payload.required("url", "the image's URL").string()
        case .inputAudio:
            _ = try payload.required("data", "the sound in base64").string()
            _ = try payload.required("format", "the format of the sound").string()
        default: break
        }
    }
}
