import Foundation
import Martlet
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

@testable import MartletToy

/// Nothing that computes runs on a loop: the loop answers other requests while the toy is busy.
struct ToyServerLoopTests {
    @Test func `health is answered while a megabyte is encoded, 2,048 inputs are embedded and a text is generated`()
        async throws
    {
        let configuration = ServerConfiguration(port: 0, loopCount: 1)
        try await withServer(ToyBackend(Fixture.model), configuration: configuration) { server in
            let story = ToyRequest.completion("Once upon a time", ["max_tokens": 200, "temperature": 2, "seed": 1])
            let text = String(repeating: "Once there was a fox. ", count: 48_000)
            #expect(text.utf8.count > 1_000_000)
            let inputs = JSONValue.array((0..<2048).map { "fox \($0)" })

            async let refused = Self.healthAnswers(during: .completion(.string(text)), of: server)
            async let embedded = Self.healthAnswers(during: .embedding(inputs), of: server)
            async let generated = Self.healthAnswers(during: story, of: server)

            let (refusal, embedding, generation) = try await (refused, embedded, generated)
            #expect(refusal.response.code == 400)
            #expect(refusal.response.text.contains(#""code":"context_length_exceeded""#))
            #expect(embedding.response.code == 200)
            #expect(try embedding.response.json().object?["data"]?.array?.count == 2048)
            #expect(generation.response.code == 200)
            for answers in [refusal.answers, embedding.answers, generation.answers] { #expect(answers > 10) }
        }
    }

    /// The response to a request, and how often `/health` was answered before it came.
    private static func healthAnswers(
        during request: ToyRequest, of server: RunningServer
    ) async throws -> (response: HTTPResponse, answers: Int) {
        let client = try await RawClient(server, limit: .seconds(120))
        let observer = try await RawClient(server, limit: .seconds(120))
        let isAnswered = Flag()
        try await client.send(request)
        async let answers = observer.countHealthAnswers(until: isAnswered)
        async let response = client.receiveResponse(raising: isAnswered)
        return try await (response, answers)
    }
}

private final class Flag: Sendable {
    private let state = Atomic(false)

    var isRaised: Bool { state.load(ordering: .acquiring) }

    func raise() { state.store(true, ordering: .releasing) }
}

// Both stay on their client's own thread: the threads of Swift's pool are what the toy keeps busy.
extension RawClient {
    fileprivate func countHealthAnswers(until flag: Flag) throws -> Int {
        var count = 0
        while !flag.isRaised {
            let response = try ask(.get, "/health")
            try #require(response.code == 200)
            count += 1
            // The processor is for what is being watched.
            Thread.sleep(forTimeInterval: 0.002)
        }
        return count
    }

    fileprivate func receiveResponse(raising flag: Flag) throws -> HTTPResponse {
        defer { flag.raise() }
        return try receiveResponse()
    }
}
