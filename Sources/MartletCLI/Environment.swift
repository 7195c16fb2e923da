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
}
