public import MartletJSON

/// One part of a message's content: text, an image, audio or a file.
public struct ContentPart: Sendable, Equatable {
    /// The `type` of a part.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The value on the wire.
        public let rawValue: String

        /// Any value is accepted, not only those of the constants below.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Plain text.
        public static let text = Kind(rawValue: "text")
        /// The text with which an assistant declined a request.
        public static let refusal = Kind(rawValue: "refusal")
        /// An image by URL, which may be a `data:` URL.
        public static let imageURL = Kind(rawValue: "image_url")
        /// Audio in base64.
        public static let inputAudio = Kind(rawValue: "input_audio")
        /// A file by id or in base64.
        public static let file = Kind(rawValue: "file")
    }

    /// The type of the part.
    public let kind: Kind
    /// The text of a `text` or `refusal` part; nil for other kinds.
    public let text: String?
    /// The part as received, for kinds with more than text.
    public let json: JSONObject

    /// Creates a part of any kind without validating it.
    public init(kind: Kind, text: String? = nil, json: JSONObject) {
        self.kind = kind
        self.text = text
        self.json = json
    }

    /// A text part.
    public static func text(_ text: String) -> ContentPart {
        ContentPart(kind: .text, text: text, json: ["type": "text", "text": .string(text)])
    }

    /// A refusal of an assistant.
    package static func refusal(_ text: String) -> ContentPart {
        ContentPart(kind: .refusal, text: text, json: ["type": "refusal", "refusal": .string(text)])
    }
}

extension ContentPart {
    /// Decodes a part of any kind without validating it.
    public init(json: JSONObject) {
        let kind = Kind(rawValue: json["type"]?.string ?? "text")
        self.init(kind: kind, text: (json["text"] ?? json["refusal"])?.string, json: json)
    }

    /// An image part. The URL may be a `data:` URL; `detail` is `low`, `high` or `auto`.
    public static func image(url: String, detail: String? = nil) -> ContentPart {
        var image: JSONObject = ["url": .string(url)]
        if let detail { image["detail"] = .string(detail) }
        return ContentPart(kind: .imageURL, json: ["type": "image_url", "image_url": .object(image)])
    }
}
