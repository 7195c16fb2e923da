import ArgumentParser
import Foundation

/// What the environment says where the command line does not.
enum Environment {
    /// Nil also for an empty value.
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

    /// Values separated by commas, without the white space around them; none for an empty value.
    static func list(_ name: String) -> [String] {
        (value(name) ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// False where it is not set.
    static func flag(_ name: String) throws -> Bool {
        switch value(name)?.lowercased() {
        case "1", "true", "yes", "on": true
        case nil, "0", "false", "no", "off": false
        case let text?: throw ValidationError("\(name) must be true or false, but it is '\(text)'.")
        }
    }
}
