import Testing

struct DetokenizeCommandTests {
    @Test func `special tokens are printed as their text`() async throws {
        let outcome = try await MartletExecutable.run("detokenize", input: "[1, 2]\n[]\n[0]\n")
        let lines = "\"<|im_start|><|im_end|>\"\n\"\"\n\"<|endoftext|>\"\n"
        #expect(outcome == ChildProcess.Outcome(code: 0, output: lines, errors: ""))
    }

    @Test(arguments: ["{", "\"a\"", "[1", "[1.5]", "[\"1\"]", "[null]", "[-1]", "[99999]", "[1e300]"])
    func `a line that is not a list of token ids is refused after the lines before it were processed`(
        line: String
    ) async throws {
        let outcome = try await MartletExecutable.run("detokenize", input: "[0]\n\n\(line)\n[1]\n")
        #expect(outcome.code > 0)
        #expect(outcome.output == "\"<|endoftext|>\"\n")
        #expect(outcome.errors.hasPrefix("martlet: ") && outcome.errors.hasSuffix("\n"), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
}
