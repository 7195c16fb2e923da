import Foundation
import MartletClient
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// Compressed responses.
struct CompressionTests {
    private static func bytes(_ base64: String) -> [UInt8] { Data(base64Encoded: base64).map { [UInt8]($0) } ?? [] }

    /// A complete reply with the content `unpacked `, 50 times.
    private static let reply = bytes(
        "H4sIAAAAAAACA+3RMQrDMBBE0auEqVWk1lVCMIu8iRcnu8ajQEDo7tY1DK7+639DWcKKEvnRYD7rH/me8FVS3orcsMdnFEIaq3hFQgmvOpTx803K"
            + "qvPtwkmBnvAyNy7TrsLwcZU1NvRnPwCTTtIEHgIAAA==")

    /// A stream in three pieces, each followed by a sync flush.
    private static let pieces = [
        "H4sIAAAAAAAAAwzJMQqAMAwF0L2nkD93cM5VRCS0EQMlARtBKL27vvVVDqZloFyuRTpoG1Cr8oLWjCotGPS3W4gFCG6CmXGqab+OW7i7gexpbe4zpQ8A"
            + "AP//", "SiHVvJLyfHzmAQAAAP//", "I848TAOUikvyC5SQjIh28fdzjeXiAgA=",
    ].map(bytes)

    /// 64 KiB of spaces in 84 bytes that can be repeated.
    private static let spaces = bytes(
        "7MGBAAAAAIAglf0pF6kKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            + "AAAAAAAAAAAAAAAAagAAAP//")
    private static let head: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]

    @Test func `a response may be compressed, and compression is requested`() async throws {
        let fields: HTTPFields = [
            "Content-Type": "application/json", "Content-Encoding": "gzip", "Content-Length": "\(Self.reply.count)",
        ]
        try await withFaults([.head(200, fields), .send(Self.reply)]) { (client, server) async throws in
            #expect(try await client.chat("Hi").content == String(repeating: "unpacked ", count: 50))
            #expect(server.requests.first?.head.fields["Accept-Encoding"]?.contains("gzip") == true)
        }
    }

    @Test func `each event of a compressed stream is emitted when it arrives`() async throws {
        let gate = Gate()
        let head = FaultStep.head(
            200, ["Content-Type": "text/event-stream", "Content-Encoding": "gzip", "Connection": "close"])
        try await withFaults([
            head, .send(Self.pieces[0]), .wait(for: gate), .send(Self.pieces[1]), .send(Self.pieces[2]), .close,
        ]) { (client, server) async throws in
            var texts: [String] = []
            for try await event in try await client.stream("Hi") {
                guard let text = event.text else { continue }
                texts.append(text)
                // The server sends the rest only after this was read.
                gate.open()
            }
            #expect(texts == ["one", "two"])
            // Compression is decoded but not requested: a compressing proxy may collect events.
            #expect(server.requests.first?.head.fields["Accept-Encoding"] == "identity")
        }
    }

    @Test func `a small response that decompresses to a huge one is refused`() async throws {
        // 1.3 GB of content in 1.7 MB.
        let megabytes = Self.head + [UInt8](repeatElement(Self.spaces, count: 20_000).joined())
        for status in [200, 500] {
            let fields: HTTPFields = ["Content-Type": "application/json", "Content-Encoding": "gzip"]
            try await withFaults([.head(status, fields), .send(megabytes), .stall], retry: .none) {
                (client, server) async throws in
                let before = residentBytes()
                let error = try #require(await failure { try await client.chat("Hi") })
                #expect(residentBytes() < before + 300_000_000)
                if status == 200 {
                    #expect(error.message.contains("replyLimit"), "\(error)")
                    #expect(!error.isRetryable)
                } else {
                    #expect(error.status == 500)
                }
                try await eventually { server.openConnections == 0 }
            }
        }
    }

    @Test func `a response over the client's limit is responseTooLarge, also in place of a stream`() async throws {
        let long = FaultStep.reply(String(repeating: "x", count: 5000))
        try await withFaults([long]) { (client, server) async throws in
            var client = client
            client.replyLimit = 4096
            for isStreamed in [false, true] {
                let error = try #require(
                    await failure {
                        if isStreamed { _ = try await client.stream("Hi") } else { _ = try await client.chat("Hi") }
                    })
                #expect((error.reason, error.isRetryable) == (.responseTooLarge, false))
                #expect(error.message.contains("4096") && error.message.contains("replyLimit"))
            }
            #expect(server.requests.count == 2)
            client.replyLimit = 10_000
            #expect(try await client.chat("Hi").content.utf8.count == 5000)
        }
    }

    @Test func `an unknown content coding is a bad response`() async throws {
        let fields: HTTPFields = ["Content-Encoding": "rot13", "Content-Length": "2"]
        try await withFaults([.head(200, fields), .send("{}")], retry: .none) { (client, _) async throws in
            #expect(await failure { try await client.chat("Hi") }?.reason == .badResponse)
        }
    }
}
