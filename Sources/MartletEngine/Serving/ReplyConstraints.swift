internal import Martlet
internal import MartletConstraint
internal import MartletUV

/// What the replies of an engine must be: makes the model's vocabulary when it is first needed, and keeps the latest grammars
/// of whole replies, so that equal requests share what a grammar has found out.
///
/// Requests are equal if their parts are the same objects, as those are that the server has compiled.
final class ReplyConstraints: Sendable {
    /// The most grammars that are kept.
    static let limit = 16
    /// The most bytes that they may take, but for the last one.
    static let maximumMemory = 64 << 20

    /// What a grammar was made of.
    private struct Key: Hashable {
        var delimiters: [ReplyGrammar.Delimiters]
        var content: ObjectIdentifier?
        var tools: [ObjectIdentifier]
        var names: [[UInt8]]
        var flags: [Bool]
    }

    private struct Entry {
        let key: Key
        /// Kept, so that no other object takes the identity of one of its parts.
        let reply: ReplyGrammar
        let constraint: Constraint
    }

    /// What the model writes around thoughts and calls, with the special tokens that stand for it; nil if it writes none.
    let thought, call: ReplyGrammar.Delimiters?
    private let makeVocabulary: @Sendable () -> TokenVocabulary
    private let known = Locked<TokenVocabulary?>(nil)
    /// The one used last is the last.
    private let entries = Locked<[Entry]>([])

    init(_ model: some LanguageModel) {
        let configuration = model.configuration
        let special = configuration.specialTokens.subtracting(configuration.endTokens)
        func delimiters(_ texts: OutputDelimiters?) -> ReplyGrammar.Delimiters? {
            guard let texts, !texts.opening.isEmpty, !texts.closing.isEmpty else { return nil }
            return ReplyGrammar.Delimiters(
                texts.opening, texts.closing,
                openingTokens: special.filter { model.bytes(of: $0) == Array(texts.opening.utf8) },
                closingTokens: special.filter { model.bytes(of: $0) == Array(texts.closing.utf8) })
        }
        (thought, call) = (delimiters(model.reasoningDelimiters), delimiters(model.toolCallDelimiters))
        makeVocabulary = {
            TokenVocabulary(
                tokens: (0..<configuration.vocabularySize).map { model.bytes(of: $0) },
                endTokens: configuration.endTokens, specialTokens: configuration.specialTokens)
        }
    }

    /// A reply that is about to begin.
    ///
    /// - Throws: `ConstraintError`.
    func matcher(of reply: ReplyGrammar) throws(ConstraintError) -> Matcher {
        try constraint(of: reply).matcher(for: vocabulary)
    }

    func constraint(of reply: ReplyGrammar) throws(ConstraintError) -> Constraint {
        // A text alone is its own grammar.
        if let content = reply.content, reply.thought == nil, reply.tools == nil { return content }
        let key = Self.key(of: reply)
        let stored = entries.withLock { entries -> Constraint? in
            guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
            let entry = entries.remove(at: index)
            entries.append(entry)
            return entry.constraint
        }
        if let stored { return stored }
        let constraint = try Constraint(reply: reply)
        entries.withLock { entries in
            entries.append(Entry(key: key, reply: reply, constraint: constraint))
            var memory = entries.reduce(0) { $0 + $1.constraint.memory }
            while entries.count > Self.limit || (entries.count > 1 && memory > Self.maximumMemory) {
                memory -= entries.removeFirst().constraint.memory
            }
        }
        return constraint
    }

    private var vocabulary: TokenVocabulary {
        known.withLock { known in
            let vocabulary = known ?? makeVocabulary()
            known = vocabulary
            return vocabulary
        }
    }

    private static func key(of reply: ReplyGrammar) -> Key {
        Key(
            delimiters: [reply.thought, reply.tools?.delimiters].compactMap(\.self),
            content: reply.content.map(ObjectIdentifier.init),
            tools: reply.tools?.arguments.map { ObjectIdentifier($0.constraint) } ?? [],
            names: reply.tools?.arguments.map { Array($0.name.utf8) } ?? [],
            flags: [reply.thought != nil, reply.tools?.isRequired == true, reply.tools?.isParallel == true])
    }
}
