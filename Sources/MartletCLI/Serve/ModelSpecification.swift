import ArgumentParser
import Foundation
import MartletModels
import MartletToy

/// One model of `--model`: a folder or `embedded`, and settings of this model alone.
struct ModelSpecification: Sendable {
    /// Nil for the embedded model.
    var folder: String?
    var id: String?
    var aliases: [String] = []
    var weights: String?
    var running: Int?
    /// In MiB.
    var kvMemory: Int?

    private static let names = ["id", "alias", "weights", "running", "kv-memory"]

    /// Reads `PATH[,NAME=VALUE]...`. A comma in front of anything but a known `NAME=` belongs to the path.
    ///
    /// - Throws: `ValidationError` that names what is wrong. A word with `=` behind a comma is a misspelt option, unless
    ///   there is a folder with that name.
    init(_ text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let firstOption = Self.isFolder(text) ? nil : parts.dropFirst().firstIndex(where: Self.isOption)
        let end = firstOption ?? parts.endIndex
        let path = parts[..<end].joined(separator: ",")
        if path.isEmpty { throw ValidationError("--model needs a folder; leave it out for the embedded model.") }
        if !Self.isFolder(path), let part = parts[..<end].dropFirst().first(where: Self.resemblesOption) {
            throw Self.unknownOption(part)
        }
        folder = path == "embedded" ? nil : path
        for part in parts[end...] {
            guard Self.isOption(part), let (name, value) = Self.pair(part) else { throw Self.unknownOption(part) }
            if value.isEmpty { throw ValidationError("\(name)= of --model \(path) needs a value.") }
            switch name {
            case "id" where id != nil: throw ValidationError("--model takes one id=, but it has '\(part)' too.")
            case "id": id = value
            case "alias": aliases.append(value)
            case "weights": weights = value
            case "running": running = try Self.number(value, name, of: path, in: LimitOptions.runningRange)
            default: kvMemory = try Self.number(value, name, of: path, in: LimitOptions.kvMemoryRange, unit: " MiB")
            }
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// What is before and after the first `=`; nil without one.
    private static func pair(_ part: Substring) -> (name: String, value: String)? {
        guard let equals = part.firstIndex(of: "=") else { return nil }
        return (String(part[..<equals]), String(part[part.index(after: equals)...]))
    }

    private static func isOption(_ part: Substring) -> Bool { pair(part).map { names.contains($0.name) } ?? false }

    private static func resemblesOption(_ part: Substring) -> Bool {
        guard let name = pair(part)?.name, !name.isEmpty else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }

    private static func unknownOption(_ part: Substring) -> ValidationError {
        let known = names.map { "\($0)=" }.joined(separator: ", ")
        return ValidationError("--model takes \(known) behind the folder, but it has '\(part)'.")
    }

    private static func number(
        _ value: String, _ name: String, of path: String, in range: ClosedRange<Int>, unit: String = ""
    ) throws -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw ValidationError(
                "\(name)= of --model \(path) must be within \(range.lowerBound)...\(range.upperBound)\(unit), but it is "
                    + "'\(value)'.")
        }
        return number
    }

    /// The id, else the folder's name, or `toy`.
    var servedID: String {
        id ?? folder.map { URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent } ?? "toy"
    }

    /// - Parameter weights: nil for the model's default.
    func load(weights format: WeightFormat?) throws -> ToyModel {
        switch (folder, format) {
        case (let folder?, let format?): try ToyModel(folder: folder, weights: format)
        case (let folder?, nil): try ToyModel(folder: folder)
        case (nil, let format?): try ToyModel.embedded(weights: format)
        case (nil, nil): try ToyModel.embedded()
        }
    }
}
