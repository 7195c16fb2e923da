public import MartletJSON

/// One piece of a message's content.
public struct ContentPart: Sendable, Equatable {
    /// What a part holds, in OpenAI's words.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        public static let text = Kind(rawValue: "text")
        /// What the assistant said when it declined.
        public static let refusal = Kind(rawValue: "refusal")
        public static let imageURL = Kind(rawValue: "image_url")
        public static let inputAudio = Kind(rawValue: "input_audio")
        public static let file = Kind(rawValue: "file")
    }

    public let kind: Kind
    /// The text of a `text` or `refusal` part.
    public let text: String?
    /// The part as it came, for the kinds that are more than text.
    public let json: JSONObject

    public init(kind: Kind, text: String? = nil, json: JSONObject) {
        self.kind = kind
        self.text = text
        self.json = json
    }

    /// A part that is text.
    public static func text(_ text: String) -> ContentPart {
        ContentPart(kind: .text, text: text, json: ["type": "text", "text": .string(text)])
    }
}
