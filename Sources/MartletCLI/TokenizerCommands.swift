import ArgumentParser
import MartletJSON
import MartletModels
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

/// One JSON value on each line of standard input.
enum JSONLines {
    /// What is wrong with a line.
    struct Fault: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// The lines that are not empty, each with its number from 1.
    static func standardInput() -> some Sequence<(number: Int, line: String)> {
        var number = 0
        return AnySequence {
            AnyIterator {
                while let line = readLine() {
                    number += 1
                    if !line.isEmpty { return (number, line) }
                }
                return nil
            }
        }
    }

    static func value(_ line: String, _ number: Int) throws -> JSONValue {
        do {
            return try JSONValue(parsing: Array(line.utf8))
        } catch {
            throw Fault("Line \(number) is not JSON: \(error)")
        }
    }
}
