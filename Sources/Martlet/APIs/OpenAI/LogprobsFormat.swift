internal import MartletJSON

/// Log-probabilities as the two endpoints write them.
enum LogprobsFormat {
    /// OpenAI's stand-in for a logarithm of zero, which JSON does not have.
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

    /// The elements of that `content`.
    static func writeEntries(_ tokens: [EmittedToken], topLogprobs: Int, to writer: inout JSONWriter) {
        for told in tokens {
            writer.object { writer in
                write(told.token.bytes, told.token.logprob ?? least, to: &writer)
                writer.array("top_logprobs") { writer in
                    for other in told.token.topLogprobs.prefix(topLogprobs) {
                        writer.object { write(other.bytes, other.logprob, to: &$0) }
                    }
                }
            }
        }
    }

    private static func write(_ bytes: [UInt8], _ logprob: Float, to writer: inout JSONWriter) {
        writer.member("token", String(decoding: bytes, as: UTF8.self))
        writer.member("logprob", written(logprob))
        writer.array("bytes") { writer in for byte in bytes { writer.value(Int(byte)) } }
    }

    // MARK: Plain completions

    /// `{"tokens":[...],"token_logprobs":[...],"top_logprobs":[...],"text_offset":[...]}`.
    static func writeLegacy(_ tokens: [EmittedToken], topLogprobs: Int, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.array("tokens") { writer in for told in tokens { writer.value(name(told.token.bytes)) } }
            writer.array("token_logprobs") { writer in
                for told in tokens { writer.value(told.token.logprob.map(written)) }
            }
            writer.array("top_logprobs") { writer in
                for told in tokens { writeAlternatives(of: told.token, topLogprobs, to: &writer) }
            }
            writer.array("text_offset") { writer in for told in tokens { writer.value(told.offset) } }
        }
    }

    /// The likeliest tokens by name, and always the token itself; null for a prompt's first, which has none. Of tokens
    /// with one name the likeliest is written.
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

    /// A token in the keys of an object: its text, or, since half a character has none, `bytes:\xe2\x82`, as OpenAI
    /// writes it.
    static func name(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return "bytes:" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
