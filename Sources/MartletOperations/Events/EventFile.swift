internal import Martlet
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// The file of a new run, empty and locked.
struct EventFile {
    let file: AppendOnlyFile
    let runID: String
    /// What became of the file of an earlier run, for the log; nil without one.
    let rotation: String?

    /// Finds the id and the place of a new run, closes and renames the file of an earlier run, and locks the new one.
    ///
    /// - Parameter architecture: The first part of a run's id by default.
    /// - Throws: `EventsError` for a malformed id, a file that cannot be written or is in use, and one that is not a file
    ///   of run events, which stays as it is.
    static func open(
        _ configuration: EventsConfiguration, architecture: String, now microseconds: Int
    ) throws(EventsError) -> EventFile {
        if let runID = configuration.runID, !EventsConfiguration.isValid(runID: runID) {
            throw EventsError(
                "the run id \(runID.debugDescription) must have 1 to 128 letters, digits and ._-, and not begin with a dot"
            )
        }
        let day = RFC3339Date(microsecondsSince1970: microseconds).description.prefix(10).filter { $0 != "-" }
        let stem = "\(identifier(architecture))-\(day)"
        do {
            switch configuration.destination.kind {
            case .file(let name):
                // A link stays where it is; the file that it leads to is rotated.
                let path = FileSystem.resolvingLinks(in: name)
                let (file, rotation) = try open(path)
                let runID = configuration.runID ?? numbered(stem, freeRotation(of: path).number)
                return EventFile(file: file, runID: runID, rotation: rotation)
            case .folder(let folder):
                let runID = try makeFolder(in: folder, named: configuration.runID, stem: stem)
                let (file, rotation) = try open("\(folder)/\(runID)/events.jsonl")
                return EventFile(file: file, runID: runID, rotation: rotation)
            }
        } catch let error as EventsError {
            throw error
        } catch let failure as AppendOnlyFile.WriteFailure {
            throw EventsError("\(failure.error)")
        } catch {
            throw EventsError("\(error)")
        }
    }

    // MARK: Names

    /// A model's family as the beginning of an id.
    private static func identifier(_ architecture: String) -> String {
        let text = String(
            architecture.lowercased().unicodeScalars.prefix(32).map { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                    ? Character(scalar) : "_"
            })
        return text.isEmpty ? "run" : text
    }

    private static func numbered(_ stem: String, _ number: Int) -> String {
        let digits = String(number)
        return "\(stem)-\(String(repeating: "0", count: max(0, 3 - digits.count)))\(digits)"
    }

    /// The folder of a run; without a name, the first that is free.
    private static func makeFolder(in folder: String, named name: String?, stem: String) throws -> String {
        try FileSystem.makeFolders(folder)
        if let name {
            _ = try FileSystem.makeFolder("\(folder)/\(name)")
            return name
        }
        for number in 1... {
            let name = numbered(stem, number)
            if try FileSystem.makeFolder("\(folder)/\(name)") { return name }
        }
        return stem
    }

    /// The first free name for the file of an earlier run: `events.1.jsonl` for `events.jsonl`.
    private static func freeRotation(of path: String) -> (path: String, number: Int) {
        let nameStart = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let dot = path[nameStart...].dropFirst().lastIndex(of: ".") ?? path.endIndex
        var number = 1
        while FileSystem.exists("\(path[..<dot]).\(number)\(path[dot...])") { number += 1 }
        return ("\(path[..<dot]).\(number)\(path[dot...])", number)
    }

    // MARK: Opening

    private static func open(_ path: String) throws -> (AppendOnlyFile, rotation: String?) {
        var rotation: String?
        for _ in 0..<16 {
            let file = try AppendOnlyFile(path)
            guard try file.lock() else {
                throw EventsError(
                    "another server records its events in \(path): end it, or choose another file with --events")
            }
            // Another server may have renamed it before it was locked.
            guard file.isInPlace else { continue }
            try EventFileRepair.close(file)
            if file.size == 0 { return (file, rotation) }
            let free = freeRotation(of: path).path
            try file.move(to: free)
            rotation = "the events of an earlier run are now in \(free)"
        }
        throw EventsError("\(path) is replaced again and again: choose another file with --events")
    }
}
