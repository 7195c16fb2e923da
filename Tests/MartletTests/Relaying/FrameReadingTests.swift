import Testing

@testable import Martlet

struct FrameReadingTests {
    private func reading(_ text: String, as api: RelayEndpoint.API) -> FrameReading? {
        let bytes = Array(text.utf8)
        return FrameReading(of: bytes.span, in: 0..<bytes.count, as: api)
    }

    @Test(arguments: [#"{"error":{"message":"boom"}}"#, #"{"type":"error","message":"boom"}"#])
    func `an error is one with or without its type`(text: String) {
        for api in [RelayEndpoint.API.responses, .messages] {
            #expect(reading(text, as: api)?.isError == true)
            #expect(reading(text, as: api)?.contentCount == 0)
        }
    }

    @Test func `a failed response is not a stream error`() {
        let failed = #"{"object":"response","status":"failed","error":{"code":"server_error","message":"no"}}"#
        #expect(reading(failed, as: .responses)?.isError == false)
        let event = #"{"type":"response.failed","sequence_number":3,"response":\#(failed)}"#
        #expect(reading(event, as: .responses)?.isError == false)
        #expect(reading(event, as: .responses)?.isEnd == true)
    }

    @Test func `the name of an event may say that it is an error`() {
        for (text, isError) in [
            ("event: error\ndata: {}\n\n", true), ("event:error\r\ndata: {}\r\n\r\n", true),
            ("event: errors\ndata: {}\n\n", false), ("data: error\n\n", false),
        ] {
            let bytes = Array(text.utf8)
            #expect(EventData(bytes.span).isError == isError)
        }
    }
}
