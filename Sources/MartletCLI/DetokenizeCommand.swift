import ArgumentParser
import MartletJSON
import MartletToy
import MartletUV

/// `martlet detokenize`: the texts of token ids.
struct DetokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detokenize",
        abstract: "Turn JSON arrays of token ids, one a line on standard input, into JSON strings.",
        discussion: """
            EXAMPLE:
              echo '"Hello, world"' | martlet tokenize | martlet detokenize
            """)

    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func run() throws {
        let tokenizer = try modelOptions.load().tokenizer
        for (number, line) in JSONLines.standardInput() {
            guard let array = try JSONLines.value(line, number).array else {
                throw JSONLines.Fault("Line \(number) is not a JSON array.")
            }
            let ids = array.compactMap { $0.number?.int }
            guard ids.count == array.count else {
                throw JSONLines.Fault("Line \(number) has an element that is not a whole number.")
            }
            let text = try tokenizer.decode(ids, skippingSpecialTokens: false)
            StandardOutput.write("\(JSONValue.string(text))\n")
        }
    }
}
