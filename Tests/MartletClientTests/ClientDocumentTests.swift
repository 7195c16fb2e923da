import Foundation
import Testing

/// docs/client.md names a test for each row: here the tests are there.
struct ClientDocumentTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// Rows, sentence and file of each line of the table.
    private static let lines: [(rows: [String], sentence: String, file: String)] = {
        let text = (try? String(contentsOf: root.appending(path: "docs/client.md"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
            guard cells.count == 3, cells[0].hasPrefix("S") else { return nil }
            return (cells[0].components(separatedBy: ", "), cells[1], cells[2])
        }
    }()

    private static let sources: [String: String] = {
        let files = FileManager.default.enumerator(at: root.appending(path: "Tests"), includingPropertiesForKeys: nil)
        var sources: [String: String] = [:]
        while let file = files?.nextObject() as? URL {
            if file.path.contains("/.build/") || !["swift", "py"].contains(file.pathExtension) { continue }
            sources[file.lastPathComponent] = try? String(contentsOf: file, encoding: .utf8)
        }
        return sources
    }()

    @Test func `every row is held by a test that is there and names it`() throws {
        #expect(Self.lines.count > 70)
        for (rows, sentence, file) in Self.lines {
            let source = try #require(Self.sources[file], "there is no \(file)")
            if file.hasSuffix(".swift") { #expect(source.contains(sentence), "\(file) has no test: \(sentence)") }
            for row in rows { #expect(source.contains(row), "\(file) does not name \(row)") }
        }
    }

    @Test func `no row is forgotten`() {
        let known = Set(Self.lines.flatMap(\.rows))
        let leftOut: Set = ["S3-9", "S4-src-8", "S4-src-24", "S4-src-26", "S4-src-27"]
        var rows: [String] = []
        for (name, count) in [("S0", 41), ("S0-src", 32), ("S3", 37), ("S4", 19), ("S4-src", 31)] {
            rows += (1...count).map { "\(name)-\($0)" }
        }
        #expect(rows.filter { !known.contains($0) && !leftOut.contains($0) } == [])
    }
}
