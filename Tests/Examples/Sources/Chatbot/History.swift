import GRDB
import MartletClient

/// The conversation in SQLite: rows of role and content, ordered by id.
struct History: Sendable {
    private let queue: DatabaseQueue

    init(_ path: String) throws {
        queue = try DatabaseQueue(path: path)
        try queue.write { database in
            try database.create(table: "message", ifNotExists: true) { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("role", .text).notNull()
                table.column("content", .text).notNull()
            }
        }
    }

    func append(_ role: ChatRole, _ content: String) async throws {
        try await queue.write { database in
            try database.execute(
                sql: "INSERT INTO message (role, content) VALUES (?, ?)", arguments: [role.rawValue, content])
        }
    }

    func messages() async throws -> [ChatMessage] {
        try await queue.read { database in
            try Row.fetchAll(database, sql: "SELECT role, content FROM message ORDER BY id").map {
                ChatMessage(role: ChatRole(rawValue: $0["role"]), text: $0["content"])
            }
        }
    }

    func clear() async throws { try await queue.write { try $0.execute(sql: "DELETE FROM message") } }
}
