import MartletHTTP
import Testing

struct HTTPMethodTests {
    @Test func `methods are case-sensitive values`() {
        let named: [HTTPMethod] = [.get, .head, .post, .put, .delete, .connect, .options, .trace, .patch]
        #expect(
            named.map(\.description)
                == ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"])
        #expect(HTTPMethod(rawValue: "GET") == .get)
        #expect(HTTPMethod(rawValue: "get") != .get)
        #expect(HTTPMethod(rawValue: "PROPFIND").rawValue == "PROPFIND")
    }
}
