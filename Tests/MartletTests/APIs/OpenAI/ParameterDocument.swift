import Foundation

@testable import Martlet

/// The tables of parameters in docs/compatibility.md. The names, their order and how each parameter is handled come from
/// the code; what a cell says after a colon, and the columns about other servers, are the page's own.
struct ParameterDocument {
    static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../docs/compatibility.md").standardized

    /// The parameters of the table below each heading.
    static let tables: [String: [Parameter]] = {
        let shared =
            (ParameterTable<ChatRequest>.openAIGeneration + ParameterTable.vLLMGeneration
            + ParameterTable.llamaCPPGeneration + ParameterTable.structuredOutput).map(\.parameter)
        let names = Set(shared.map(\.name))
        return [
            "Parameters of chat and plain completions": shared,
            "Parameters of `/v1/chat/completions`": ChatRequest.parameters.all.filter { !names.contains($0.name) },
            "Parameters of `/v1/completions`": CompletionRequest.parameters.all.filter { !names.contains($0.name) },
            "Parameters of `/v1/embeddings`": EmbeddingRequest.parameters.all,
            "Parameters of `/v1/messages`": MessagesRequest.parameters.all,
            "Parameters of `/v1/responses`": ResponseRequest.parameters.all,
        ]
    }()

    private static let columns: [Parameter.Origin] = [.openAI, .llamaCPP, .vLLM, .other]

    private static let capabilities: [Capabilities: String] = [
        .tools: "tools", .toolChoice: "toolChoice", .choices: "choices", .logprobs: "logprobs", .echo: "echo",
        .responseFormat: "responseFormat", .logitBias: "logitBias", .suffix: "suffix", .images: "images",
        .audio: "audio", .files: "files", .dimensions: "dimensions", .bestOf: "bestOf", .reasoning: "reasoning",
    ]

    /// The page with its tables as the code has them. A new parameter has `?` where somebody has yet to find out what
    /// other servers do with it.
    static func regenerated(_ page: String) -> String {
        var result: [String] = []
        var table: [Parameter]?
        var rows: [String: [String]] = [:]
        // Behind the last line too, so that a table at the end is written.
        for line in page.components(separatedBy: "\n") + [""] {
            if line.hasPrefix("## ") { table = tables[String(line.dropFirst(3))] }
            if table != nil, line.hasPrefix("| `") {
                let cells = line.components(separatedBy: "|").dropFirst().dropLast()
                    .map { $0.trimmingCharacters(in: .whitespaces) }
                rows[cells.first ?? ""] = cells
                continue
            }
            if let parameters = table, !rows.isEmpty {
                result += parameters.map { row(for: $0, from: rows["`\($0.name)`"]) }
                (table, rows) = (nil, [:])
            }
            result.append(line)
        }
        return result.dropLast().joined(separator: "\n")
    }

    private static func row(for parameter: Parameter, from cells: [String]?) -> String {
        let old = cells ?? []
        let detail = old.count > 1 ? old[1].drop { $0 != ":" } : ""
        let others = old.count > 2 ? Array(old[2...]) : columns.map { $0 == parameter.origin ? "yes" : "?" }
        return "| " + (["`\(parameter.name)`", handling(of: parameter) + detail] + others).joined(separator: " | ")
            + " |"
    }

    private static func handling(of parameter: Parameter) -> String {
        switch parameter.handling {
        case .enforced: "enforced"
        case .passedOn: "passed on"
        case .ignored: "ignored"
        case .gated: parameter.capability.map { "needs `\(capabilities[$0] ?? "?")`" } ?? "refused"
        }
    }
}
