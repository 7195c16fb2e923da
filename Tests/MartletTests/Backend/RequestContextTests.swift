import Martlet
import Testing

struct RequestContextTests {
    @Test func `headers are found without regard to case, the first of several`() {
        let context = RequestContext(headers: [("X-Trace", "a"), ("x-trace", "b"), ("X-Trac", "c")])
        #expect(context.header("x-trace") == "a")
        #expect(context.header("X-TRACE") == "a")
        #expect(context.header("x-trac") == "c")
        #expect(context.header("x-traces") == nil)
    }

    @Test func `only letters have a case`() {
        #expect(RequestContext(headers: [("a@", "1")]).header("a`") == nil)
    }
}
