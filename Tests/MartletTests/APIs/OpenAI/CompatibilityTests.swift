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
            .appending(path: "../../../../docs/compatibility.md").standardized
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
        .tools: "tools", .toolChoice: "toolChoice", .choices: "choices", .logprobs: "logprobs", .echo: "echo",
        .responseFormat: "responseFormat",
        .logitBias: "logitBias", .suffix: "suffix", .audio: "audio", .dimensions: "dimensions", .bestOf: "bestOf",
    ]

    private func word(for parameter: Parameter) -> String {
        switch parameter.handling {
        case .enforced: "enforced"
        case .passedOn: "passed on"
        case .ignored: "ignored"
        case .gated: parameter.capability.map { "needs `\(Self.names[$0] ?? "?")`" } ?? "refused"
        }
    }

    @Test(
        arguments: [
            ("`/v1/chat/completions`", ChatRequest.parameters.all),
            ("`/v1/completions`", CompletionRequest.parameters.all),
            ("`/v1/embeddings`", EmbeddingRequest.parameters.all),
        ])
    func `every parameter is documented as it is handled, and no other`(endpoint: String, parameters: [Parameter]) {
        let shared = endpoint.contains("completions") ? Self.tables["Parameters of chat and plain completions"] : nil
        let rows = (shared ?? []) + (Self.tables["Parameters of \(endpoint)"] ?? [])
        let documented = Dictionary(rows.map { ($0.first, $0.second) }) { first, _ in first }
        #expect(Set(documented.keys) == Set(parameters.map { "`\($0.name)`" }))
        for parameter in parameters {
            let word = word(for: parameter)
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
    @Test func `everything that is absent is documented, and nothing else`() {
        let documented = (Self.tables["What is absent"] ?? []).map { "\($0.first) \($0.second)" }
        let absent = AbsentAPI.parts.map { part in
            let methods = part.methods.map {
                $0.subtracting([.head]).map(\.rawValue).sorted().joined(separator: ", ") + " "
            }
            let path = (part.format == .ollama ? "" : "/v1") + part.path + (part.scope == .below ? "/{id}" : "")
            let api = [ErrorFormat.openAI: "OpenAI", .anthropic: "Anthropic", .ollama: "Ollama"][part.format]
            return "`\(methods ?? "")\(path)` \(api ?? "?")"
        }
        #expect(documented.count > 30)
        #expect(documented.sorted() == absent.sorted())
    }
}
