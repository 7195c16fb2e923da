import Testing

@testable import MartletConstraint

/// Tokens that a constraint leaves no choice of, and bytes that come without a token.
struct ForcedTokensTests {
    private static let texts = ["na", "me", "n", "a", "m", "e", ":", ": ", "x", "\"", "\"n", "y", "é", "e:x"]
    private static let vocabulary = TokenVocabulary(
        tokens: texts.map { Array($0.utf8) as [UInt8]? } + [[0xC3], [0xA9], nil, nil], endTokens: [texts.count + 3],
        specialTokens: [texts.count + 2])

    /// The longest token first.
    private static func encode(_ text: String) -> [Int] {
        var (rest, result) = (Array(text.utf8)[...], [Int]())
        while !rest.isEmpty {
            let next = texts.indices.filter { rest.starts(with: texts[$0].utf8) }.max {
                texts[$0].utf8.count < texts[$1].utf8.count
            }
            guard let next else { return [] }
            result.append(next)
            rest = rest.dropFirst(texts[next].utf8.count)
        }
        return result
    }

    private func forced(_ source: ConstraintSource, after prefix: String = "") throws -> [String] {
        var matcher = try Constraint(source).matcher(for: Self.vocabulary)
        #expect(try matcher.consume(Array(prefix.utf8)))
        return try matcher.forcedTokens(Self.encode).map { Self.texts[$0] }
    }

    @Test func `a run is encoded by the tokenizer, without the tokens that could be longer`() throws {
        // `:` and a space could be one token.
        #expect(try forced(.regex("name:[xy]")) == ["na", "me"])
        #expect(try forced(.regex("name[xy]")) == ["na", "me"])
        // `e:x` is a token, so `e` could be its beginning; `me` could not.
        #expect(try forced(.regex("nae[xy]")) == ["na"])
        #expect(try forced(.regex("\"(n|m)")) == [])
    }

    @Test func `nothing is left out where the text ends or a token comes by its id`() throws {
        #expect(try forced(.regex("nae:")) == ["na", "e", ":"])
        #expect(try forced(.gbnf(#"root ::= "nae" <[16]> [a-z]"#)) == ["na", "e"])
    }

    @Test func `nothing is forced where the text may end, or there is a choice`() throws {
        #expect(try forced(.regex("(name)?")) == [])
        #expect(try forced(.choices(["name", "y"])) == [])
        #expect(try forced(.choices(["name", "y"]), after: "n") == ["a", "me"])
        #expect(try forced(.gbnf(#"root ::= "name" | <[16]>"#)) == [])
    }

    @Test func `a run does not end within a character, and a tokenizer that changes a text forces nothing`() throws {
        #expect(try forced(.regex("na[éè]")) == ["na"])
        #expect(try forced(.regex("naé")) == ["na", "é"])
        var matcher = try Constraint(.choices(["name"])).matcher(for: Self.vocabulary)
        #expect(try matcher.forcedTokens { Self.encode($0.replacing("a", with: "e")) } == [])
    }

    @Test func `a run is bounded`() throws {
        let text = String(repeating: "x", count: 1000)
        #expect(try forced(.choices([text])).count == Matcher.maximumForcedBytes)
    }

    // MARK: Consumed bytes

    @Test func `a text goes on after bytes that came without a token, or is as before`() throws {
        var matcher = try Constraint(.regex("naé?[xy]")).matcher(for: Self.vocabulary)
        #expect(try matcher.consume(Array("n".utf8)))
        #expect(try !matcher.consume(Array("e".utf8)))
        #expect(try !matcher.consume(Array("axx".utf8)))
        try matcher.advance(3)
        #expect(try matcher.consume([0xC3]))
        try matcher.advance(Self.texts.count + 1)
        #expect(try matcher.consume([]))
        #expect(try matcher.consume(Array("x".utf8)))
        #expect(try matcher.isAccepting())
        try matcher.advance(Self.texts.count + 3)
        #expect(try matcher.consume([]) && !matcher.consume([0x78]))
    }

    @Test func `an automaton that starts anew reads the bytes again`() throws {
        let rules = try GBNFParser.parse(#"root ::= "x" root "x" | "n" root "n" | "y""#)
        let shared = try SharedAutomaton(
            Grammar(rules), Self.vocabulary, limits: Automaton.Limits(states: 30, bytes: 1 << 20))
        var texts: [(position: SharedAutomaton.Position, letters: [UInt8])] = (0..<3).map { _ in (shared.start, []) }
        for round in 0..<8 {
            for index in texts.indices {
                let letter = (round + index) % (index + 2) == 0 ? UInt8(ascii: "x") : UInt8(ascii: "n")
                texts[index].letters.append(letter)
                if round.isMultiple(of: 2) {
                    #expect(try shared.consume([letter], at: &texts[index].position))
                } else {
                    let token = letter == UInt8(ascii: "x") ? 8 : 2
                    #expect(try shared.advance(&texts[index].position, by: token))
                }
            }
        }
        for index in texts.indices {
            let rest = [UInt8(ascii: "y")] + texts[index].letters.reversed()
            #expect(try shared.consume(rest, at: &texts[index].position))
            #expect(try shared.isAccepting(at: &texts[index].position))
        }
        #expect(shared.restartCount > 0)
    }
}
