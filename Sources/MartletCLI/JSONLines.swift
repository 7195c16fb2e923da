import MartletJSON

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
