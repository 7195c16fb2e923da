import Foundation
import MartletOpenAI
import MartletTesting
import Testing

@testable import Martlet

/// docs/compatibility.md says what the code does.
struct CompatibilityTests {
    /// The first two cells of each table's rows, by the heading above it.
    private static let tables: [String: [(first: String, second: String)]] = {
        let text = (try? String(contentsOf: ParameterDocument.file, encoding: .utf8)) ?? ""
        var tables: [String: [(first: String, second: String)]] = [:]
        var heading = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") { heading = String(line.dropFirst(3)) }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            if line.hasPrefix("| `"), cells.count > 2 { tables[heading, default: []].append((cells[0], cells[1])) }
        }
        return tables
    }()

    /// `make docs` has this test write the page.
    @Test func `the page's parameter tables match the code`() throws {
        let page = try String(contentsOf: ParameterDocument.file, encoding: .utf8)
        let expected = ParameterDocument.regenerated(page)
        if ProcessInfo.processInfo.environment["MARTLET_WRITE_DOCS"] != nil {
            try Data(expected.utf8).write(to: ParameterDocument.file)
        } else {
            let differing = zip(page.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
            let shown = differing.map { "\n\($0.0)\n\($0.1)" } ?? ""
            #expect(page == expected, "run make docs\(shown)")
        }
        #expect(!expected.contains("| ? |"), "find out what the other servers do with it")
    }

    @Test func `parameters missing on the page get a row, and unknown ones lose theirs`() {
        let page = """
            ## Parameters of `/v1/embeddings`

            | parameter | Martlet | OpenAI | llama.cpp | vLLM | Ollama |
            |---|---|---|---|---|---|
            | `gone` | enforced | yes | yes | yes | yes |
            | `dimensions` | ignored: kept | yes | no | kept too | yes |

            Prose.
            """
        let lines = ParameterDocument.regenerated(page).components(separatedBy: "\n")
        #expect(lines.count == page.components(separatedBy: "\n").count - 2 + EmbeddingRequest.parameters.all.count)
        #expect(!lines.contains { $0.contains("gone") })
        #expect(lines.contains("| `dimensions` | enforced: kept | yes | no | kept too | yes |"))
        #expect(lines.contains("| `normalize` | refused | ? | ? | yes | ? |"))
        #expect(lines.last == "Prose.")
    }

    @Test func `every endpoint is documented, and no other`() {
        let documented = (Self.tables["Endpoints"] ?? []).compactMap { row in
            row.first.split(separator: " ").last.map { $0.dropLast().replacing("{id}", with: "") }
        }
        let served = Set(EndpointTable(APIDialect.all).paths)
        #expect(documented.count > 10)
        for path in documented { #expect(served.contains(String(path)), "\(path)") }
        for path in served {
            let isKnown = documented.contains { path == $0 || path == "/v1\($0)" || "/v1\(path)" == $0 }
            #expect(isKnown, "\(path)")
        }
    }
    @Test func `everything that is absent is documented, and nothing else`() {
        let documented = (Self.tables["What is absent"] ?? []).map { "\($0.first) \($0.second)" }
        let absent = APIDialect.all.flatMap { dialect in
            dialect.absent.map { part in
                let methods = part.methods.map {
                    $0.subtracting([.head]).map(\.rawValue).sorted().joined(separator: ", ") + " "
                }
                let path = part.prefix + part.path + (part.scope == .below ? "/{id}" : "")
                return "`\(methods ?? "")\(path)` \(dialect.name)"
            }
        }
        #expect(documented.count > 30)
        #expect(documented.sorted() == absent.sorted())
    }
}
