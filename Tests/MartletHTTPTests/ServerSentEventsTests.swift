import MartletHTTP
import Testing

struct ServerSentEventsTests {
    @Test func `an event appends one data line and an empty line`() {
        var bytes = Array(": ping\n\n".utf8)
        for data in ["{\"a\":1}", ""] {
            ServerSentEvents.beginEvent(to: &bytes)
            bytes += Array(data.utf8)
            ServerSentEvents.endEvent(to: &bytes)
        }
        #expect(String(decoding: bytes, as: UTF8.self) == ": ping\n\ndata: {\"a\":1}\n\ndata: \n\n")
    }

    @Test func `an event with a name has it on a line before its data`() {
        var bytes: [UInt8] = []
        ServerSentEvents.beginEvent(named: "message_stop", to: &bytes)
        ServerSentEvents.endEvent(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "event: message_stop\ndata: \n\n")
    }

    @Test func `the end marker and the comment end with an empty line`() {
        #expect(String(decoding: ServerSentEvents.done, as: UTF8.self) == "data: [DONE]\n\n")
        #expect(String(decoding: ServerSentEvents.ping, as: UTF8.self) == ": ping\n\n")
    }
}
