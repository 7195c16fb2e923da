import Foundation
import Martlet
import MartletEngine
import MartletToy
import Testing

/// The code of docs/writing-a-backend.md about generating in process, compiled and tried.
struct EngineGuideTests {
    @Test func `generating in process`() async throws {
        var text = ""
        var reason: FinishReason?
        // guide: in process
        let engine = ToyBackend(try .embedded())
        for try await piece in engine.generate("The sun is", maxTokens: 12).text { text += piece }

        var request = ChatRequest(model: "toy", messages: [.user("What is the capital of France?")])
        request.sampling.temperature = 0
        for try await event in engine.generate(request) {
            if let token = event.token { text += String(decoding: token.bytes, as: UTF8.self) }
            if let thought = event.reasoning { print(thought) }
            if let finish = event.finishReason { reason = finish }
        }
        await engine.shutdown()
        // end
        #expect(text.contains("Paris"))
        #expect(reason == .stop)
    }

    @Test func `the guide has the code that is tried here`() throws {
        let here = URL(filePath: #filePath)
        let guide = here.deletingLastPathComponent().appending(path: "../../docs/writing-a-backend.md").standardized
        let text = try String(contentsOf: guide, encoding: .utf8)
        let source = try String(contentsOf: here, encoding: .utf8)
        var lineCount = 0
        for part in source.components(separatedBy: "// " + "guide: ").dropFirst() {
            guard let end = part.range(of: "// end") else { continue }
            let lines = part[..<end.lowerBound].split(separator: "\n").dropFirst()
            for line in lines.map({ $0.trimmingCharacters(in: .whitespaces) }) where !line.isEmpty {
                #expect(text.contains(line), "docs/writing-a-backend.md does not have: \(line)")
                lineCount += 1
            }
        }
        #expect(lineCount > 8)
    }
}
