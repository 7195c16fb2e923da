import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// The parts of a request that are logged.
struct WireLogTests {
    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A right-to-left override, an escape sequence, C1, a zero-width space and line ends.
    private static let hostile = "x\u{202E}y\u{1B}[2J\u{9B}\u{200B}\u{2028}\r\n"

    private static func isPlain(_ line: String) -> Bool {
        !line.unicodeScalars.contains {
            $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x200B...0x202E).contains($0.value)
        }
    }

    @Test func `an unknown parameter's name cannot forge or reorder a line`() async throws {
        let log = RecordedLog()
        try await withClient(of: ScriptedBackend([.text("a")]), .with(\.logger, log.logger)) { client, _ in
            let name = #"x\u202ey\u001b[2J\u009b\u200b\u2028\r\n"#
            let response = try await client.chat("\"\(name)\":1")
            #expect(response.code == 200)
        }
        #expect(log.lines.count == 1)
        let isPlain = log.lines.allSatisfy { Self.isPlain($0) }
        #expect(isPlain, "\(log.lines)")
        #expect(log.lines.first?.contains(#"\u{202E}y"#) == true, "\(log.lines)")
    }

    @Test func `an error that repeats input cannot forge or reorder a line`() async throws {
        let log = RecordedLog()
        try await withClient(
            of: BareBackend(), ServerConfiguration.with(\.logger, log.logger)
        ) { server in
            try server.route(.post, "/fail") { request, _ in
                throw Failure(description: String(decoding: request.body, as: UTF8.self))
            }
        } while: { client, server in
            try expect(
                try await client.ask(.post, "/fail", body: Self.hostile), is: 500, "server_error", code: "server_error")
        }
        #expect(log.lines.count == 1)
        let isPlain = log.lines.allSatisfy { Self.isPlain($0) }
        #expect(isPlain, "\(log.lines)")
        #expect(log.lines.first?.contains(#"x\u{202E}y\u{1B}[2J\u{9B}\u{200B}\u{2028}\u{D}\u{A}"#) == true)
    }
}
