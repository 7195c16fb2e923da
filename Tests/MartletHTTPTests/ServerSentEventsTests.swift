import MartletHTTP
import Testing

struct ServerSentEventsTests {
    @Test func `an event appends one data line and an empty line`() {
        var bytes = Array(": ping\n\n".utf8)
        ServerSentEvents.append(to: &bytes) { $0.append(contentsOf: "{\"a\":1}".utf8) }
        ServerSentEvents.append(to: &bytes) { _ in }
        #expect(String(decoding: bytes, as: UTF8.self) == ": ping\n\ndata: {\"a\":1}\n\ndata: \n\n")
    }

    @Test func `the end marker and the comment end with an empty line`() {
        #expect(String(decoding: ServerSentEvents.done, as: UTF8.self) == "data: [DONE]\n\n")
        #expect(String(decoding: ServerSentEvents.ping, as: UTF8.self) == ": ping\n\n")
    }
}
