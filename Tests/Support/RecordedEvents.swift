import Foundation
package import MartletJSON
import Testing

/// A file of run events, each line of which was checked against docs/events.schema.json.
package struct RecordedEvents {
    private static let schema: JSONSchema? = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/events.schema.json").standardized
        guard let data = try? Data(contentsOf: file), let document = try? JSONValue(parsing: [UInt8](data)),
            var schemas = document.object?["$defs"]?.object, let any = document.object?["oneOf"]
        else { return nil }
        schemas["line"] = ["oneOf": any]
        return JSONSchema(document: ["components": ["schemas": .object(schemas)]])
    }()

    package let events: [JSONObject]

    /// Records an issue for each line that is not an event, and for events in the wrong order.
    ///
    /// - Parameter isComplete: Whether there must be an end; nil if there may be one.
    package init(_ path: String, isComplete: Bool? = true) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.isEmpty || text.hasSuffix("\n"), "the last line is torn: \(text.suffix(80))")
        let schema = try #require(Self.schema)
        events = try text.split(separator: "\n").map { line in
            let value = try JSONValue(parsing: Array(line.utf8))
            let faults = schema.faults(of: value, as: "line")
            #expect(faults.isEmpty, "\(faults.prefix(3)) in \(line.prefix(400))")
            return try #require(value.object)
        }
        #expect(events.first?["kind"] == "run_start")
        #expect(events.count { $0["kind"] == "run_start" } == 1)
        let ends = events.count { $0["kind"] == "run_end" }
        if let isComplete { #expect(ends == (isComplete ? 1 : 0)) }
        if ends > 0 { #expect(ends == 1 && events.last?["kind"] == "run_end") }
        let times = events.map { $0["t"]?.number?.double ?? -1 }
        #expect(times == times.sorted(), "times decrease")
    }

    /// The first line.
    package var start: JSONObject { events.first ?? [:] }
    /// The last line.
    package var end: JSONObject { events.last ?? [:] }
    /// What the requests' events have in `extra`, in order.
    package var requests: [JSONObject] {
        events.filter { $0["kind"] == "eval" }.compactMap { $0["extra"]?.object }
    }
    package var steps: [JSONObject] { events.filter { $0["kind"] == "step" } }
    package var statuses: [Int] { requests.compactMap { $0["status"]?.number?.int } }

    /// A number in the `stats` of the end.
    package func stat(_ name: String) -> Int? { end["stats"]?.object?[name]?.number?.int }
}

/// A folder that is removed when `body` has ended.
package nonisolated(nonsending) func withTemporaryFolder<Result>(
    _ body: nonisolated(nonsending) (String) async throws -> Result
) async throws -> Result {
    let folder = URL.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}
