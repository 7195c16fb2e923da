internal import Martlet
internal import MartletClient

/// Joins the text of a chunk with its log-probabilities, which follow it.
///
/// Where the tokens spell the text they are emitted in its place. Otherwise the text is as the upstream sent it, and the
/// tokens are reported without adding to it: their text differs from a chunk's if the upstream has held text back or cut it.
struct TokenPairing: Sendable {
    /// Text whose tokens may follow, by choice.
    private var texts: [Int: String] = [:]

    mutating func receive(_ text: String, _ choice: Int) -> [StreamEvent] {
        let before = release(choice)
        texts[choice] = text
        return before
    }

    mutating func receive(_ tokens: [Token], _ choice: Int) -> [StreamEvent] {
        let text = texts[choice] ?? ""
        if tokens.flatMap(\.bytes).elementsEqual(text.utf8) {
            texts[choice] = nil
            return tokens.map { .token($0, choice: choice) }
        }
        let count = text.isEmpty ? 1 : 0
        return release(choice)
            + tokens.map { token in
                var token = token
                token.isSpecial = true
                return .token(token, choice: choice, tokenCount: count)
            }
    }

    /// Text without tokens.
    mutating func release(_ choice: Int) -> [StreamEvent] {
        texts.removeValue(forKey: choice).map { [.text($0, choice: choice)] } ?? []
    }

    mutating func finish() -> [StreamEvent] { texts.keys.sorted().flatMap { release($0) } }
}

extension Token {
    /// An element of a chat's `logprobs.content`.
    init?(chat value: JSONValue) {
        guard let entry = value.object, let logprob = entry["logprob"]?.number?.double else { return nil }
        self.init(bytes: Self.bytes(of: entry), logprob: Float(logprob))
        topLogprobs = (entry["top_logprobs"]?.array ?? []).compactMap { value in
            guard let entry = value.object, let logprob = entry["logprob"]?.number?.double else { return nil }
            return Alternative(bytes: Self.bytes(of: entry), logprob: Float(logprob))
        }
    }

    private static func bytes(of entry: JSONObject) -> [UInt8] {
        entry["bytes"]?.array.map { $0.compactMap { $0.number?.int.flatMap(UInt8.init(exactly:)) } }
            ?? Array((entry["token"]?.string ?? "").utf8)
    }

    /// The tokens of a completion's `logprobs`: lists without bytes in OpenAI's API, a chat's elements in llama.cpp's.
    static func list(completion value: JSONValue) -> [Token] {
        guard let object = value.object else { return [] }
        if let content = object["content"]?.array { return content.compactMap(Token.init(chat:)) }
        let logprobs = object["token_logprobs"]?.array ?? []
        let alternatives = object["top_logprobs"]?.array ?? []
        return (object["tokens"]?.array ?? []).enumerated().map { index, token in
            let own = logprobs.indices.contains(index) ? logprobs[index].number?.double : nil
            var result = Token(bytes: Array((token.string ?? "").utf8), logprob: own.map { Float($0) })
            let others = alternatives.indices.contains(index) ? alternatives[index].object ?? [:] : [:]
            result.topLogprobs = others.compactMap { name, value in
                value.number?.double.map { Alternative(bytes: Array(name.utf8), logprob: Float($0)) }
            }
            result.topLogprobs.sort { $0.logprob > $1.logprob }
            return result
        }
    }
}
