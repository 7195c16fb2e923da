import Foundation
import Martlet
import MartletTesting
import Synchronization
import Testing

/// The code of docs/writing-a-backend.md, compiled as they are written there.
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

    @Test func `the guide's gate, middleware and observer behave as it says`() async throws {
        let source = try Self.text("../Support/OperatedServer.swift")
        #expect(try Self.text("../../../docs/writing-a-backend.md").contains("```swift\n\(source)```\n"))
        let lines = Mutex<[String]>([])
        try await withClient(
            of: ScriptedBackend([.text("a"), .text("b")])
        ) { server in
            addOperations(to: &server, keys: ["k1": "ada"]) { line in lines.withLock { $0.append(line) } }
        } while: { (client, _) async throws in
            let refused = try await client.chat()
            try expect(refused, is: 401, code: "invalid_api_key")
            let chat = try await client.ask(
                .post, "/v1/chat/completions", fields: ["Authorization": "Bearer k1"], body: RequestText.chat())
            #expect(chat.code == 200)
            #expect(chat[field: "x-served-for"] == "ada")
            #expect(try await client.ask(.get, "/health").code == 200)
        }
        #expect(
            lines.withLock { $0 }.map { $0.split(separator: " ").prefix(4).joined(separator: " ") } == [
                "POST /v1/chat/completions 401 127.0.0.1", "POST /v1/chat/completions 200 ada",
                "GET /health 200 127.0.0.1",
            ])
        #expect(lines.withLock { $0[1] }.hasSuffix(" ms 2 tokens"))
    }

    @Test func `the guide's routes behave as it says`() async throws {
        try await withClient(of: BareBackend()) {
            try addItemRoutes(to: &$0, ItemStore())
        } while: { client, _ in
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
