import Logging
import Martlet
import Testing

struct RequestContextTests {
    @Test func `headers are found without regard to case, the first of several`() {
        let context = RequestContext(headers: ["X-Trace": "a", "x-trace": "b", "X-Trac": "c"])
        #expect(context.header("x-trace") == "a")
        #expect(context.header("X-TRACE") == "a")
        #expect(context.header("x-trac") == "c")
        #expect(context.header("x-traces") == nil)
    }

    @Test func `the logger has the request's id, and the metadata of the server's logger`() {
        var base = Logger(label: "test")
        base[metadataKey: "region"] = "north"
        let logger = RequestContext(requestID: "req_1", logger: base).logger
        #expect(logger.label == "test")
        #expect(logger[metadataKey: "request_id"] == "req_1")
        #expect(logger[metadataKey: "region"] == "north")
    }
}
