internal import MartletJSON

/// The `logprobs` of chat completions and of completions.
enum LogprobsFormat {
    /// OpenAI's value for minus infinity, which JSON cannot represent.
    static let least: Float = -9999

    private static func written(_ logprob: Float) -> Float { logprob > least ? logprob : least }

    // MARK: Chat

    /// `{"content":[...],"refusal":null}`.
    static func writeChat(_ tokens: [EmittedToken], topLogprobs: Int, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.array("content") { writeEntries(tokens, topLogprobs: topLogprobs, to: &$0) }
            writer.member("refusal", .null)
        }
    }

    /// The elements of that `content`. `hasBytes` says whether each has `bytes`.
    static func writeEntries(
        _ tokens: [EmittedToken], topLogprobs: Int, hasBytes: Bool = true, to writer: inout JSONWriter
    ) {
        for emitted in tokens {
            writer.object { writer in
                write(emitted.token.bytes, emitted.token.logprob ?? least, hasBytes, to: &writer)
                writer.array("top_logprobs") { writer in
                    for other in emitted.token.topLogprobs.prefix(topLogprobs) {
                        writer.object { write(other.bytes, other.logprob, hasBytes, to: &$0) }
                    }
                }
            }
        }
    }

    private static func write(_ bytes: [UInt8], _ logprob: Float, _ hasBytes: Bool, to writer: inout JSONWriter) {
        writer.member("token", String(decoding: bytes, as: UTF8.self))
        writer.member("logprob", written(logprob))
        if !hasBytes { return }
        writer.array("bytes") { writer in for byte in bytes { writer.value(Int(byte)) } }
    }

    // MARK: Completions

    /// `{"tokens":[...],"token_logprobs":[...],"top_logprobs":[...],"text_offset":[...]}`.
    static func writeLegacy(_ tokens: [EmittedToken], topLogprobs: Int, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.array("tokens") { writer in for emitted in tokens { writer.value(name(emitted.token.bytes)) } }
            writer.array("token_logprobs") { writer in
                for emitted in tokens { writer.value(emitted.token.logprob.map(written)) }
            }
            writer.array("top_logprobs") { writer in
                for emitted in tokens { writeAlternatives(of: emitted.token, topLogprobs, to: &writer) }
            }
            writer.array("text_offset") { writer in for emitted in tokens { writer.value(emitted.offset) } }
        }
    }

    /// The likeliest tokens by name, always including the token itself; `null` for the first token of a prompt, which
    /// has no log-probability. Of several tokens with the same name, the likeliest is written.
    private static func writeAlternatives(of token: Token, _ count: Int, to writer: inout JSONWriter) {
        guard let logprob = token.logprob else { return writer.value(JSONValue.null) }
        var names: Set<String> = []
        writer.object { writer in
            for other in token.topLogprobs.prefix(count) {
                let name = name(other.bytes)
                if names.insert(name).inserted { writer.member(name, written(other.logprob)) }
            }
            let own = name(token.bytes)
            if names.insert(own).inserted { writer.member(own, written(logprob)) }
        }
    }

    /// A token as the name of a member: its text, or for part of a character, as OpenAI writes it, `bytes:\xe2\x82`.
    static func name(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return "bytes:" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
