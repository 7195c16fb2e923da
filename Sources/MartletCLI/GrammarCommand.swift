import ArgumentParser
import Foundation
import MartletConstraint
import MartletJSON
import MartletUV

/// `martlet grammar`: looks at JSON Schemas and grammars.
struct GrammarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grammar",
        abstract: "Check JSON Schemas and grammars for structured output.",
        discussion: """
            EXAMPLE:
              martlet grammar check recipe.json
            """,
        subcommands: [CheckGrammarCommand.self])
}

/// `martlet grammar check`: compiles a schema or a grammar, and checks an instance.
struct CheckGrammarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether a server can obey a JSON Schema or a grammar (GBNF), and show a random instance.",
        usage: "martlet grammar check <file>",
        discussion: """
            An instance on standard input is checked too: the command says what it violates, and its exit status is 1 \
            then.

            EXAMPLE:
              martlet grammar check recipe.json
              martlet grammar check recipe.json < answer.json
            """)

    @Argument(help: "A JSON Schema (2020-12), or a grammar in the notation of llama.cpp.")
    var file: String

    /// What is checked.
    private enum Subject {
        case schema(JSONValue)
        case grammar(String)
    }

    func run() throws {
        let text = try read()
        let subject = try subject(of: text)
        let constraint: Constraint
        let kind: String
        do throws(ConstraintError) {
            switch subject {
            case .schema(let schema): (kind, constraint) = ("JSON Schema", try Constraint(.jsonSchema(schema)))
            case .grammar(let grammar): (kind, constraint) = ("grammar", try Constraint(.gbnf(grammar)))
            }
        } catch {
            throw GrammarError("\(file): \(error.message)")
        }
        StandardOutput.write(
            "\(file): a \(kind) of \(text.count) bytes that can be obeyed; its grammar has \(constraint.partCount) parts.\n"
        )
        var generator = SystemRandomNumberGenerator()
        if let instance = try constraint.randomText(maximumBytes: 2000, using: &generator) {
            StandardOutput.write("A random instance: \(String(decoding: instance, as: UTF8.self))\n")
        }
        guard isatty(STDIN_FILENO) == 0 else { return }
        let input = FileHandle.standardInput.readDataToEndOfFile()
        if !input.isEmpty { try check([UInt8](input), subject, constraint) }
    }

    private func read() throws -> [UInt8] {
        if file.isEmpty { throw ValidationError("<file> needs a path.") }
        do {
            return [UInt8](try Data(contentsOf: URL(filePath: file)))
        } catch {
            throw ValidationError("\(file) cannot be read: \(error.localizedDescription)")
        }
    }

    /// A grammar begins with the name of a rule, and a schema is an object or a boolean.
    private func subject(of text: [UInt8]) throws -> Subject {
        let first = text.first { !" \t\r\n".utf8.contains($0) }
        if first == nil { throw GrammarError("\(file) is empty; write a JSON Schema or a grammar.") }
        if first == UInt8(ascii: "{") || text.starts(with: "true".utf8) || text.starts(with: "false".utf8) {
            do throws(JSONError) {
                return .schema(try JSONValue(parsing: text))
            } catch {
                throw GrammarError("\(file) is not JSON: \(error)")
            }
        }
        guard let grammar = String(validating: text, as: UTF8.self) else {
            throw GrammarError("\(file) is neither JSON nor a grammar: it is not UTF-8.")
        }
        return .grammar(grammar)
    }

    // MARK: Instances

    private func check(_ input: [UInt8], _ subject: Subject, _ constraint: Constraint) throws {
        switch subject {
        case .schema(let schema):
            let value: JSONValue
            do throws(JSONError) {
                value = try JSONValue(parsing: input)
            } catch {
                throw GrammarError("The instance is not JSON: \(error)")
            }
            var validator = try SchemaValidator(schema)
            if let violation = try validator.violation(of: value) {
                let place = violation.instance.isEmpty ? "The instance" : "The instance at \(violation.instance)"
                throw GrammarError("\(place) violates \(violation.keyword): \(violation.sentence).")
            }
        case .grammar:
            // A line that a shell has ended.
            let text = input.last == UInt8(ascii: "\n") ? input.dropLast() : input[...]
            let count = try constraint.matchingPrefix(of: text)
            guard count.isComplete else {
                let problem =
                    count.bytes == text.count ? "is not complete" : "does not match from byte \(count.bytes + 1) on"
                throw GrammarError("The instance \(problem).")
            }
        }
        StandardOutput.write("The instance is valid.\n")
    }
}

/// A file that cannot be obeyed, or an instance that does not obey it.
private struct GrammarError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
