import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// The members that all frames of a reply have in common, read from the first frame, so that a test can compare every
/// byte of the others.
struct ReplyEnvelope {
    let id: String
    let created: Int
    let object: String
    let model: String

    /// Reads the envelope of a stream, or of a reply that is not streamed.
    init(of response: HTTPResponse, model: String = "scripted") throws {
        let text = response.events.first ?? ""
        try self.init(ofEvent: text, model: model)
    }

    init(ofEvent text: String, model: String = "scripted") throws {
        let json = try JSONValue(parsing: Array(text.trimmingPrefix("data: ").utf8))
        id = try #require(json["id"]?.string)
        created = try #require(json["created"]?.number?.int)
        object = try #require(json["object"]?.string)
        self.model = model
    }

    /// The JSON of a chunk, or of a reply that is not streamed, with `tail` after its choices.
    func json(_ choices: String, _ tail: String = "") -> String {
        """
        {"id":"\(id)","object":"\(object)","created":\(created),"model":"\(model)",\
        "system_fingerprint":"fp_martlet_\(Version.current)","choices":[\(choices)]\(tail)}
        """
    }

    func frame(_ choices: String, _ tail: String = "") -> String { "data: \(json(choices, tail))\n\n" }

    /// A frame of a chat with one choice.
    func chat(_ delta: String, finish: String = "null", index: Int = 0, _ tail: String = "") -> String {
        frame(#"{"index":\#(index),"delta":{\#(delta)},"logprobs":null,"finish_reason":\#(finish)}"#, tail)
    }

    /// A frame of a completion with one choice.
    func completion(_ text: String, finish: String = "null", index: Int = 0, _ tail: String = "") -> String {
        frame(#"{"text":"\#(text)","index":\#(index),"logprobs":null,"finish_reason":\#(finish)}"#, tail)
    }

    static let role = #""role":"assistant","content":"""#
    static let done = "data: [DONE]\n\n"
}
