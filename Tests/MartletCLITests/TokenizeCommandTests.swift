import Testing

struct TokenizeCommandTests {
    private static let texts = [
        #""Hello, world""#, #""""#, #""naïve 漢字 👩‍👩‍👧 \u0000\n\t""#, #""<|im_start|>system""#, #""  12345""#,
    ]

    @Test(arguments: [[], ["--special"]])
    func `tokenized text is detokenized to the same text`(flags: [String]) async throws {
        let input = Self.texts.joined(separator: "\n\n") + "\n"
        let tokens = try await ChildProcess.run(MartletExecutable.url, ["tokenize"] + flags, input: input) {
            try await $0.outcome()
        }
        #expect(tokens.code == 0 && tokens.errors == "")
        let lines = tokens.output.split(separator: "\n")
        #expect(lines.count == Self.texts.count)
        #expect(lines.dropFirst().first == "[]")
        #expect(lines.allSatisfy { $0.wholeMatch(of: /\[[\d,]*\]/) != nil })

        let texts = try await MartletExecutable.run("detokenize", input: tokens.output)
        #expect(texts.code == 0 && texts.errors == "")
        let again = try await ChildProcess.run(MartletExecutable.url, ["tokenize"] + flags, input: texts.output) {
            try await $0.outcome()
        }
        #expect(again.output == tokens.output)
        #expect(texts.output.hasPrefix("\"Hello, world\"\n\"\"\n\"naïve 漢字 👩‍👩‍👧 \\u0000\\n\\t\"\n"))
    }

    @Test func `the text of a special token is encoded as one only with --special`() async throws {
        let input = "\"<|endoftext|>\"\n"
        let plain = try await MartletExecutable.run("tokenize", input: input)
        #expect(plain.output.contains(","))
        #expect(try await MartletExecutable.run("tokenize", "--special", input: input).output == "[0]\n")
    }

    @Test func `the last line needs no line break`() async throws {
        let outcome = try await MartletExecutable.run("tokenize", input: #""a""#)
        #expect(outcome.code == 0 && outcome.output.hasSuffix("]\n"))
    }

    @Test(arguments: ["{", "12", "[\"a\"]", "\"a", "\"\\ud800\""])
    func `a line that is not a JSON string is named after the lines before it were processed`(line: String) async throws
    {
        let outcome = try await MartletExecutable.run("tokenize", input: "\"a\"\n\n\(line)\n\"b\"\n")
        #expect(outcome.code > 0)
        #expect(outcome.output.split(separator: "\n").count == 1)
        #expect(outcome.errors.hasPrefix("martlet: Line 3 is not "), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
}
