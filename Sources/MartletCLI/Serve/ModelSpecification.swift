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

    /// Reads `PATH[,NAME=VALUE]...`. A folder whose name has a comma is meant if it is there.
    ///
    /// - Throws: `ValidationError` that names what is wrong.
    init(_ text: String) throws {
        var isFolder: ObjCBool = false
        let isWhole = FileManager.default.fileExists(atPath: text, isDirectory: &isFolder) && isFolder.boolValue
        var parts = isWhole ? [text[...]] : text.split(separator: ",", omittingEmptySubsequences: false)
        let path = String(parts.removeFirst())
        if path.isEmpty { throw ValidationError("--model needs a folder; leave it out for the embedded model.") }
        folder = path == "embedded" ? nil : path
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, Self.names.contains(pair[0]) else {
                throw ValidationError(
                    "--model takes \(Self.names.map { "\($0)=" }.joined(separator: ", ")) behind the folder, but it has "
                        + "'\(part)'.")
            }
            if pair[1].isEmpty { throw ValidationError("\(pair[0])= of --model needs a value.") }
            switch pair[0] {
            case "id" where id != nil: throw ValidationError("--model takes one id=, but it has '\(part)' too.")
            case "id": id = pair[1]
            case "alias": aliases.append(pair[1])
            case "weights": weights = pair[1]
            case "running": running = try Self.number(pair)
            default: kvMemory = try Self.number(pair)
            }
        }
    }

    private static func number(_ pair: [String]) throws -> Int {
        guard let number = Int(pair[1]) else {
            throw ValidationError("\(pair[0])= of --model must be a whole number, but it is '\(pair[1])'.")
        }
        return number
    }

    /// The id, else the folder's name, or `toy`.
    var servedID: String {
        id ?? folder.map { URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent } ?? "toy"
    }

    func load(weights format: WeightFormat) throws -> ToyModel {
        if let folder { try ToyModel(folder: folder, weights: format) } else { try ToyModel.embedded(weights: format) }
    }
}
