import Martlet
import Testing

@testable import MartletTesting

struct ResponseContentTests {
    @Test(
        arguments: [
            (["Content-Length": "3"], .length(3)), (["Transfer-Encoding": "chunked"], .chunked), ([:], .untilEnd),
        ] as [(HTTPFields, ResponseContent.Framing)])
    func `fields determine where content ends`(fields: HTTPFields, framing: ResponseContent.Framing) throws {
        #expect(try ResponseContent(of: ResponseHead(fields: fields), isHead: false).framing == framing)
    }

    @Test(arguments: [(true, HTTPStatus.ok), (false, .noContent), (false, HTTPStatus(304)), (false, HTTPStatus(100))])
    func `a response without content ends with its head despite its fields`(isHead: Bool, status: HTTPStatus) throws {
        let head = ResponseHead(status, fields: ["Content-Length": "3"])
        #expect(try ResponseContent(of: head, isHead: isHead).framing == .over)
    }

    @Test(
        arguments: [
            ["Content-Length": "3", "content-length": "3"], ["Content-Length": "3", "Transfer-Encoding": "chunked"],
            ["Transfer-Encoding": "chunked", "transfer-encoding": "chunked"], ["Transfer-Encoding": "gzip, chunked"],
            ["Content-Length": "-1"], ["Content-Length": "three"],
        ] as [HTTPFields])
    func `contradictory or malformed framing is an error`(fields: HTTPFields) {
        #expect(throws: RawClientError.self) {
            try ResponseContent(of: ResponseHead(fields: fields), isHead: false)
        }
    }
}
