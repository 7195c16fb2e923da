import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// The framework's processing of emitted text: stop strings and split characters.
@Suite(.serialized)
struct WireTextTests {
    private func contents(of response: HTTPResponse) throws -> [String] {
        try response.events.dropLast().compactMap { event in
            let json = try JSONValue(parsing: Array(event.utf8.dropFirst(6)))
            return json["choices"]?[0]?["delta"]?["content"]?.string
        }
    }

    @Test func `a stop string matches across events, and nothing is generated after it`() async throws {
        let backend = ScriptedBackend([.text("one S"), .text("TO"), .text("P two"), .hang])
        try await withClient(of: backend) { client, server in
            let response = try await client.chat(#""stream":true,"stop":"STOP""#)
            let reply = try ReplyEnvelope(of: response)
            #expect(
                response.text == reply.chat(ReplyEnvelope.role) + reply.chat(#""content":"one ""#)
                    + reply.chat("", finish: #""stop""#) + ReplyEnvelope.done)
            try await eventually { server.counters.running == 0 }
            #expect(backend.cancelled == 1)
        }
    }

    @Test func `text that may become a stop string is buffered, and emitted when it does not`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.text("aST"), .wait(for: gate), .text("AR")])
        try await withClient(of: backend) { client, _ in
            try await client.sendChat(#""stream":true,"stop":["STOP","x"]"#)
            _ = try await client.receiveHead()
            _ = try await client.receiveEvent()
            #expect(try await client.receiveEvent()?.contains(#""content":"a""#) == true)
            gate.open()
            #expect(try await client.receiveEvent()?.contains(#""content":"STAR""#) == true)
        }
    }

    @Test func `text that is buffered at the end is emitted`() async throws {
        try await withClient(of: ScriptedBackend([.text("aSTO")])) { client, _ in
            let choice = try await client.chat(#""stop":"STOP""#).json()["choices"]?[0]
            #expect(choice?["message"]?["content"] == "aSTO")
            #expect(choice?["finish_reason"] == "stop")
        }
    }

    @Test func `the earliest of several stop strings ends a reply that is not streamed`() async throws {
        try await withClient(of: ScriptedBackend([.text("a-b+c")])) { client, _ in
            let choice = try await client.complete(#""stop":["+","-"]"#).json()["choices"]?[0]
            #expect(choice?["text"] == "a")
        }
    }

    @Test func `a split character is sent when it is complete, at every split`() async throws {
        let bytes = Array("é€😀".utf8)
        for split in 1..<bytes.count {
            let backend = ScriptedBackend([
                .emit(.token(Token(bytes: Array(bytes[..<split])))),
                .emit(.token(Token(bytes: Array(bytes[split...])))),
            ])
            try await withClient(of: backend) { client, _ in
                let pieces = try contents(of: try await client.chat(#""stream":true"#))
                #expect(pieces.joined() == "é€😀")
                #expect(!pieces.joined().contains("\u{FFFD}"))
                #expect(pieces.dropFirst().allSatisfy { !$0.isEmpty })
            }
        }
    }

    @Test func `a character that stays incomplete is one U+FFFD at the end`() async throws {
        let backend = ScriptedBackend([.text("a"), .emit(.token(Token(bytes: [0xF0, 0x9F, 0x98])))])
        try await withClient(of: backend) { client, _ in
            let streamed = try contents(of: try await client.chat(#""stream":true"#))
            #expect(streamed.joined() == "a\u{FFFD}")
            let whole = try await client.chat().json()
            #expect(whole["choices"]?[0]?["message"]?["content"] == "a\u{FFFD}")
        }
    }
}
