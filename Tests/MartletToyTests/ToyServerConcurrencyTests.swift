import Martlet
import MartletJSON
import MartletTesting
import Testing

@testable import MartletToy

/// Many requests at once, each of which gets the reply that it gets alone.
struct ToyServerConcurrencyTests {
    private static let prompts = [
        "Once upon a time", "What is 7 times 8?", "Tell me a story.", "Count to ten.", "Where is Oslo? 😀",
        "What is the capital of France?", "a", "Say hello in Spanish, and then say it in French.",
    ]

    /// Prompts, endpoints, seeds and temperatures in turns that do not coincide.
    private static let requests: [ToyRequest] = (0..<40).map { index in
        let text = prompts[index % prompts.count]
        let parameters: JSONValue = [
            "max_tokens": .number(JSONNumber(2 + index % 13)), "seed": .number(JSONNumber(index)),
            "temperature": [0, 0.7, 2][index % 3], "top_p": [1, 0.9][index % 2],
        ]
        return index % 5 < 3 ? .chat(text, parameters) : .completion(.string(text), parameters)
    }

    @Test func `two hundred requests at once get the replies that each gets alone`() async throws {
        try await withToy { client, server in
            var alone: [ToyReply] = []
            for request in Self.requests { alone.append(try await client.ask(request)) }
            #expect(Set(alone.map(\.text)).count > 20)

            // All are sent before the first reply is read, each request both whole and streamed.
            var clients: [RawClient] = []
            for index in 0..<200 {
                let client = try await RawClient(server, limit: .seconds(120))
                try await client.send(Self.requests[index % 40], isStreamed: isStreamed(index))
                clients.append(client)
            }
            for (index, client) in clients.enumerated() {
                let reply = try await client.receiveReply(isStreamed: isStreamed(index))
                #expect(reply == alone[index % 40], "request \(index % 40), streamed: \(isStreamed(index))")
            }
        }
    }

    private func isStreamed(_ index: Int) -> Bool { (index / 40 + index).isMultiple(of: 2) }
}
