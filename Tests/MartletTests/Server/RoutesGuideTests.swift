import Foundation
import Martlet
import MartletTesting
import Testing

/// The routes of docs/writing-a-backend.md, compiled as they are written there.
struct RoutesGuideTests {
    private static func text(_ path: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return try String(contentsOf: folder.appending(path: path).standardized, encoding: .utf8)
    }

    @Test func `the guide shows the code that is compiled here`() throws {
        let source = try Self.text("../Support/ItemRoutes.swift")
        #expect(source.split(separator: "\n").filter { $0.hasPrefix("import") } == ["import Martlet"])
        #expect(try Self.text("../../../docs/writing-a-backend.md").contains("```swift\n\(source)```\n"))
    }

    @Test func `the guide's routes behave as it says`() async throws {
        try await withClient(of: BareBackend(), configure: { try addItemRoutes(to: &$0, ItemStore()) }) { client, _ in
            let created = try await client.ask(.post, "/api/items", body: #"{"name":"lamp","tags":["new"]}"#)
            #expect(created.head.status == .created)
            #expect(created[field: "Location"] == "/api/items/0")
            #expect(created.text == #"{"name":"lamp","tags":["new"]}"#)
            #expect(try await client.ask(.get, "/api/items/0").text == created.text)
            #expect(try await client.ask(.get, "/api/items?tag=new").text == "[\(created.text)]")
            #expect(try await client.ask(.get, "/api/items?tag=old").text == "[]")
            try expect(try await client.ask(.get, "/api/items/1"), is: 404)
            try expect(try await client.ask(.get, "/api/items/first"), is: 404)
            let wrong = try await client.ask(.post, "/api/items", body: #"{"name":"lamp","tags":["new",7]}"#)
            try expect(wrong, is: 400, param: "tags[1]", code: "invalid_value")
        }
    }
}
