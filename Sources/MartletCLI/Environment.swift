import ArgumentParser
import Foundation

/// Settings from environment variables, for options that the command line leaves out.
enum Environment {
    /// Nil for an unset or empty variable.
    static func value(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    static func number(_ name: String) throws -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text) else {
            throw ValidationError("\(name) must be a whole number, but it is '\(text)'.")
        }
        return number
    }

    /// Comma-separated values without surrounding white space; empty for an unset or empty variable.
    static func list(_ name: String) -> [String] {
        (value(name) ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// Values that are separated by blanks, for those that have commas; empty for an unset or empty variable.
    static func words(_ name: String) -> [String] {
        (value(name) ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// False for an unset variable.
    static func flag(_ name: String) throws -> Bool {
        switch value(name)?.lowercased() {
        case "1", "true", "yes", "on": true
        case nil, "0", "false", "no", "off": false
        case let text?: throw ValidationError("\(name) must be true or false, but it is '\(text)'.")
        }
    }
}
