import ArgumentParser
import MartletJSON
import MartletModels
import MartletToy
import MartletUV

/// `martlet tokenize`: encodes texts with a model's tokenizer.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Convert JSON strings, one per line of standard input, to JSON arrays of token ids.",
        discussion: """
            EXAMPLE:
              echo '"Hello, world"' | martlet tokenize
            """)

    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    @Flag(help: "Encode the text of special tokens, such as <|endoftext|>, as those tokens.")
    var special = false

    func run() throws {
        let tokenizer = try modelOptions.load().tokenizer
        for (number, line) in JSONLines.standardInput() {
            guard let text = try JSONLines.value(line, number).string else {
                throw JSONLines.InvalidLine("Line \(number) is not a JSON string.")
            }
            let ids = tokenizer.encode(text, parsingSpecialTokens: special)
            StandardOutput.write("\(JSONValue.array(ids.map { .number(JSONNumber($0)) }))\n")
        }
    }
}

/// `martlet detokenize`: decodes token ids with a model's tokenizer.
struct DetokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detokenize",
        abstract: "Convert JSON arrays of token ids, one per line of standard input, to JSON strings.",
        discussion: """
            EXAMPLE:
              echo '"Hello, world"' | martlet tokenize | martlet detokenize
            """)

    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func run() throws {
        let tokenizer = try modelOptions.load().tokenizer
        for (number, line) in JSONLines.standardInput() {
            guard let array = try JSONLines.value(line, number).array else {
                throw JSONLines.InvalidLine("Line \(number) is not a JSON array.")
            }
            let ids = array.compactMap { $0.number?.int }
            guard ids.count == array.count else {
                throw JSONLines.InvalidLine("Line \(number) has an element that is not a whole number.")
            }
            let text = try tokenizer.decode(ids, skippingSpecialTokens: false)
            StandardOutput.write("\(JSONValue.string(text))\n")
        }
    }
}

/// Reads one JSON value per line of standard input.
private enum JSONLines {
    /// A line that cannot be processed.
    struct InvalidLine: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// The lines that are not empty, with their numbers from 1.
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
            throw InvalidLine("Line \(number) is not JSON: \(error)")
        }
    }
}
