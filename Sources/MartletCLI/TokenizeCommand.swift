import ArgumentParser
import MartletJSON
import MartletToy
import MartletUV

/// `martlet tokenize`: what a model's tokenizer makes of texts.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Turn JSON strings, one a line on standard input, into JSON arrays of token ids.",
        discussion: """
            EXAMPLE:
              echo '"Hello, world"' | martlet tokenize
            """)

    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    @Flag(help: "Read the spellings of special tokens, such as <|endoftext|>, as those tokens.")
    var special = false

    func run() throws {
        let tokenizer = try modelOptions.load().tokenizer
        for (number, line) in JSONLines.standardInput() {
            guard let text = try JSONLines.value(line, number).string else {
                throw JSONLines.Fault("Line \(number) is not a JSON string.")
            }
            let ids = tokenizer.encode(text, parsingSpecialTokens: special)
            StandardOutput.write("\(JSONValue.array(ids.map { .number(JSONNumber($0)) }))\n")
        }
    }
}
