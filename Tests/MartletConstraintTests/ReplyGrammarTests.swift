import Testing

@testable import MartletConstraint

/// Whole replies: thoughts, texts, calls.
struct ReplyGrammarTests {
    private let think = ReplyGrammar.Delimiters("<think>", "</think>")
    private let arguments: [(name: String, constraint: Constraint)]

    init() throws {
        let digit = try Constraint(.regex(#"\{"x":[0-9]\}"#))
        let word = try Constraint(.gbnf(#"root ::= "{\"w\":\"" [a-z]* "\"}""#))
        arguments = [("f", digit), ("say \"hi\"", word)]
    }

    private func tools(isRequired: Bool = false, isParallel: Bool = true) -> ReplyGrammar.Tools {
        var tools = ReplyGrammar.Tools(ReplyGrammar.Delimiters("<call>", "</call>"), arguments: arguments)
        (tools.isRequired, tools.isParallel) = (isRequired, isParallel)
        return tools
    }

    private func expect(_ reply: ReplyGrammar, accepts: [String], refuses: [String]) throws {
        let constraint = try Constraint(reply: reply)
        for text in accepts { #expect(try constraint.accepts(text), "\(text)") }
        for text in refuses { #expect(try !constraint.accepts(text), "\(text)") }
    }

    private let f = #"<call>{"name":"f","arguments":{"x":1}}</call>"#
    private let say = #"<call>{"name": "say \"hi\"", "arguments": {"w":"a"}}</call>"#

    @Test func `a thought may come first, up to its closing delimiter, with at most two newlines after it`() throws {
        var reply = ReplyGrammar()
        reply.thought = think
        reply.content = try Constraint(.choices(["yes", "no"]))
        try expect(
            reply,
            accepts: ["yes", "<think></think>no", "<think>a <b> </thin </think>\nyes", "<think>é</think>\n\nno"],
            refuses: [
                "<think>yes", "<think></think>", "<think></think>\n\n\nyes", "<think></think> yes",
                "<think></think></think>yes", "maybe", "\nyes", "<think></think><think></think>yes",
            ])
        reply.thought = nil
        try expect(reply, accepts: ["yes"], refuses: ["<think></think>yes", "\nyes"])
    }

    @Test func `what belongs to the text after a thought is never in doubt`() throws {
        var reply = ReplyGrammar()
        reply.thought = think
        reply.content = try Constraint(.regex("\n?[a-z<>/ ]*"))
        try expect(
            reply, accepts: ["<think></think>\n\na", "<think></think>\n\n\na", "\na", "a<think>"],
            refuses: ["<think></think>a", "<think></think>\na", "<think>a", " <think>a", "\n<think></think>"])
    }

    @Test func `a required call is a call, and others may follow it`() throws {
        var reply = ReplyGrammar()
        reply.tools = tools(isRequired: true)
        try expect(
            reply, accepts: [f, say, f + say, f + "\n" + f, say + say + f, f.replacing("{\"name", with: "\n{\"name")],
            refuses: ["", "a", f + " ", f + "a", f + "\n", " " + f, f + "\n\n" + f, String(f.dropLast())])
        for (text, change) in [("\"f\"", "\"g\""), (":1", ":12"), (",", ",  "), ("}}", "}} "), ("name", "Name")] {
            try expect(reply, accepts: [], refuses: [f.replacing(text, with: change)])
        }
        reply.tools = tools(isRequired: true, isParallel: false)
        try expect(reply, accepts: [f, say], refuses: [f + say, f + "\n" + f])
    }

    @Test func `text has no opening delimiter but that of a call`() throws {
        var reply = ReplyGrammar()
        reply.tools = tools()
        try expect(
            reply,
            accepts: [
                "", "a <b> <call <", "a" + f, f + "b" + say + "<cal", "<<call" + f, f + f, "</call>" + f + "</call>",
            ],
            refuses: ["<call>", "a<call>b", f + "<call>", "a" + f.replacing("1", with: "x")])
        reply.tools = tools(isParallel: false)
        try expect(reply, accepts: ["a", f, "a" + f], refuses: [f + f, f + "a"])
        reply.thought = think
        try expect(reply, accepts: ["<think><call></think>a" + f, "a<think>"], refuses: ["<think>a", " <think>" + f])
    }

    @Test func `with a constraint on the text, a reply is the text or calls`() throws {
        var reply = ReplyGrammar()
        reply.tools = tools()
        reply.content = try Constraint(.regex("[a-z<>]+"))
        try expect(
            reply, accepts: ["abc", "a<call>b", f, f + say], refuses: ["<call>", "a" + f, f + "a", "", "<call>a"])
    }

    @Test func `special tokens are delimiters too, and only where they may come`() throws {
        // The bytes, and the four special tokens.
        let vocabulary = TokenVocabulary(
            tokens: (UInt8.min...UInt8.max).map { [$0] } + [nil, nil, nil, nil, nil], endTokens: [256],
            specialTokens: [257, 258, 259, 260])
        var reply = ReplyGrammar()
        reply.thought = ReplyGrammar.Delimiters("<think>", "</think>", openingTokens: [257], closingTokens: [258])
        reply.tools = ReplyGrammar.Tools(
            ReplyGrammar.Delimiters("<call>", "</call>", openingTokens: [259], closingTokens: [260]),
            arguments: arguments)
        let constraint = try Constraint(reply: reply)
        func accepts(_ tokens: [[Int]]) throws -> Bool {
            var matcher = try constraint.matcher(for: vocabulary)
            for token in tokens.joined() {
                var mask = TokenMask(count: vocabulary.count)
                try matcher.allowed(into: &mask)
                guard mask.contains(token) else { return false }
                try matcher.advance(token)
            }
            return try matcher.isAccepting()
        }
        func text(_ text: String) -> [Int] { text.utf8.map(Int.init) }
        let inner = text(#"{"name":"f","arguments":{"x":1}}"#)
        #expect(try accepts([[257], text("a"), [258], text("\nb")]))
        #expect(try accepts([[257], text("a</think>b")]))
        #expect(try accepts([text("<think>a"), [258]]))
        #expect(try accepts([text("a"), [259], inner, [260], text("b"), [259], inner, text("</call>")]))
        let others = [
            [text("a"), [257]], [[258]], [[257]], [[259], [260]], [[259], inner, [258]], [text("a"), [260]],
        ]
        for refused in others { #expect(try !accepts(refused)) }
    }

    @Test func `a token may straddle a delimiter`() throws {
        let texts = [
            "\"f\"", "1", "}}</", "}</call>a", "call>", "{\"x\":", "<call>{\"name\":", ",\"arguments\":", "}}", "<",
        ]
        let vocabulary = TokenVocabulary(tokens: texts.map { Array($0.utf8) } + [nil], endTokens: [texts.count])
        var reply = ReplyGrammar()
        reply.tools = tools()
        var matcher = try Constraint(reply: reply).matcher(for: vocabulary)
        var mask = TokenMask(count: vocabulary.count)
        for (token, allowed) in [(6, [0]), (0, [7]), (7, [5]), (5, [1]), (1, [2, 8]), (2, [4])] {
            try matcher.advance(token)
            try matcher.allowed(into: &mask)
            #expect(mask.ids == allowed)
        }
        try matcher.advance(4)
        #expect(try matcher.isAccepting())
    }
}
