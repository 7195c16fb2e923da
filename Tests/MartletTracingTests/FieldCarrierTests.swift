import Martlet
import MartletTracing
import Testing

/// The context of a trace in the fields of a request.
struct FieldCarrierTests {
    @Test func `W3C's fields are read in any case, and several of one name are one list`() {
        let fields: HTTPFields = [
            "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "a=1",
            "TraceState": "b=2,c=3",
        ]
        let extractor = FieldExtractor()
        #expect(
            extractor.extract(key: "traceparent", from: fields)
                == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        #expect(extractor.extract(key: "tracestate", from: fields) == "a=1,b=2,c=3")
        #expect(extractor.extract(key: "baggage", from: fields) == nil)
    }

    @Test func `an injected field replaces others, and cannot add another line`() {
        var fields: HTTPFields = ["traceparent": "old", "TRACEPARENT": "older", "accept": "*/*"]
        let injector = FieldInjector()
        injector.inject("00-1-2-01", forKey: "traceparent", into: &fields)
        #expect(fields.values(of: "traceparent") == ["00-1-2-01"])
        injector.inject("a\r\nevil: 1", forKey: "tracestate", into: &fields)
        #expect(!fields.contains("evil") && fields["accept"] == "*/*")
        #expect(FieldExtractor().extract(key: "tracestate", from: fields) == "a  evil: 1")
    }
}
