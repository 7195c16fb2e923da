public import MartletJSON

/// One piece of a message's content.
public struct ContentPart: Sendable, Equatable {
    /// What a part holds, in OpenAI's words.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The word on the wire.
        public let rawValue: String

        /// A kind by its word; one that the constants do not name is a value too.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Plain text.
        public static let text = Kind(rawValue: "text")
        /// What the assistant said when it declined.
        public static let refusal = Kind(rawValue: "refusal")
        /// An image by URL, which may be a `data:` URL.
        public static let imageURL = Kind(rawValue: "image_url")
        /// Sound in base64.
        public static let inputAudio = Kind(rawValue: "input_audio")
        /// A file by id or in base64.
        public static let file = Kind(rawValue: "file")
    }

    /// What the part holds.
    public let kind: Kind
    /// The text of a `text` or `refusal` part.
    public let text: String?
    /// The part as it came, for the kinds that are more than text.
    public let json: JSONObject

    /// A part of any kind; `text(_:)` makes the usual one.
    public init(kind: Kind, text: String? = nil, json: JSONObject) {
        self.kind = kind
        self.text = text
        self.json = json
    }

    /// A part that is text.
    public static func text(_ text: String) -> ContentPart {
        ContentPart(kind: .text, text: text, json: ["type": "text", "text": .string(text)])
    }

    /// A part in which an assistant declines.
    package static func refusal(_ text: String) -> ContentPart {
        ContentPart(kind: .refusal, text: text, json: ["type": "refusal", "refusal": .string(text)])
    }
}

extension ContentPart {
    /// Reads a part of any kind, as it came.
    public init(json: JSONObject) {
        let kind = Kind(rawValue: json["type"]?.string ?? "text")
        self.init(kind: kind, text: (json["text"] ?? json["refusal"])?.string, json: json)
    }

    /// An image by its URL, `data:` or other; `detail` is OpenAI's `low`, `high` or `auto`.
    public static func image(url: String, detail: String? = nil) -> ContentPart {
        var image: JSONObject = ["url": .string(url)]
        if let detail { image["detail"] = .string(detail) }
        return ContentPart(kind: .imageURL, json: ["type": "image_url", "image_url": .object(image)])
    }
}
