import Foundation
import MartletOpenAI
import MartletTesting
import Testing

@testable import Martlet

/// docs/compatibility.md says what the code does.
struct CompatibilityTests {
    /// The first two cells of each table's rows, by the heading above it.
    private static let tables: [String: [(first: String, second: String)]] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/compatibility.md").standardized
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        var tables: [String: [(first: String, second: String)]] = [:]
        var heading = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") { heading = String(line.dropFirst(3)) }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            if line.hasPrefix("| `"), cells.count > 2 { tables[heading, default: []].append((cells[0], cells[1])) }
        }
        return tables
    }()

    private static let names: [Capabilities: String] = [
        .tools: "tools", .choices: "choices", .logprobs: "logprobs", .echo: "echo", .responseFormat: "responseFormat",
        .logitBias: "logitBias", .suffix: "suffix", .audio: "audio", .dimensions: "dimensions",
    ]

    private func word(for handling: Parameter.Handling) -> String {
        switch handling {
        case .enforced: "enforced"
        case .passedOn: "passed on"
        case .needs(let capability): "needs `\(Self.names[capability] ?? "?")`"
        case .refused: "refused"
        case .ignored: "ignored"
        }
    }

    @Test(
        arguments: [
            (
                [
                    "of chat and plain completions", "of `/v1/chat/completions`",
                    "without effect, on all three of OpenAI's",
                ],
                ParameterTable.chat
            ),
            (
                ["of chat and plain completions", "of `/v1/completions`", "without effect, on all three of OpenAI's"],
                .completions
            ),
            (["of `/v1/embeddings`", "without effect, on all three of OpenAI's"], .embeddings),
            (
                [
                    "of chat and plain completions", "of `/v1/chat/completions`", "of `/tokenize`",
                    "without effect, on all three of OpenAI's",
                ], .tokenize
            ),
            (["of `/detokenize`"], .detokenize),
        ] as [([String], ParameterTable)])
    func `every parameter is documented as it is handled, and no other`(headings: [String], table: ParameterTable) {
        let rows = headings.flatMap { Self.tables["Parameters \($0)"] ?? [] }
        let documented = Dictionary(rows.map { ($0.first, $0.second) }) { first, _ in first }
        #expect(Set(documented.keys) == Set(table.parameters.map { "`\($0.name)`" }))
        for parameter in table.parameters {
            let word = word(for: parameter.handling)
            #expect(documented["`\(parameter.name)`"]?.hasPrefix(word) == true, "\(parameter.name) is \(word)")
        }
    }

    @Test func `every endpoint is documented, and no other`() {
        let service = Service(ScriptedBackend(), configuration: ServerConfiguration())
        let documented = (Self.tables["Endpoints"] ?? []).compactMap { row in
            row.first.split(separator: " ").last.map { $0.dropLast().replacing("{id}", with: "") }
        }
        let served = Set(Routes(service).paths)
        #expect(documented.count > 10)
        for path in documented { #expect(served.contains(String(path)), "\(path)") }
        for path in served {
            let isKnown = documented.contains { path == $0 || path == "/v1\($0)" || "/v1\(path)" == $0 }
            #expect(isKnown, "\(path)")
        }
    }
}
