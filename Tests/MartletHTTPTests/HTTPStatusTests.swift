import MartletHTTP
import Testing

struct HTTPStatusTests {
    @Test(arguments: [
        (HTTPStatus.continue, "100 Continue"), (.ok, "200 OK"), (.created, "201 Created"),
        (.accepted, "202 Accepted"), (.partialContent, "206 Partial Content"),
        (.movedPermanently, "301 Moved Permanently"), (.found, "302 Found"), (.seeOther, "303 See Other"),
        (.notModified, "304 Not Modified"), (.temporaryRedirect, "307 Temporary Redirect"),
        (.permanentRedirect, "308 Permanent Redirect"), (.paymentRequired, "402 Payment Required"),
        (.notAcceptable, "406 Not Acceptable"), (.gone, "410 Gone"), (.preconditionFailed, "412 Precondition Failed"),
        (.rangeNotSatisfiable, "416 Range Not Satisfiable"), (.misdirectedRequest, "421 Misdirected Request"),
        (.locked, "423 Locked"), (.preconditionRequired, "428 Precondition Required"),
        (.unavailableForLegalReasons, "451 Unavailable For Legal Reasons"), (.noContent, "204 No Content"),
        (.badRequest, "400 Bad Request"), (.unauthorized, "401 Unauthorized"), (.forbidden, "403 Forbidden"),
        (.notFound, "404 Not Found"), (.methodNotAllowed, "405 Method Not Allowed"),
        (.requestTimeout, "408 Request Timeout"), (.conflict, "409 Conflict"),
        (.contentTooLarge, "413 Content Too Large"), (.unsupportedMediaType, "415 Unsupported Media Type"),
        (.expectationFailed, "417 Expectation Failed"), (.unprocessableContent, "422 Unprocessable Content"),
        (.tooManyRequests, "429 Too Many Requests"),
        (.requestHeaderFieldsTooLarge, "431 Request Header Fields Too Large"),
        (.internalServerError, "500 Internal Server Error"), (.notImplemented, "501 Not Implemented"),
        (.badGateway, "502 Bad Gateway"), (.serviceUnavailable, "503 Service Unavailable"),
        (.gatewayTimeout, "504 Gateway Timeout"), (.httpVersionNotSupported, "505 HTTP Version Not Supported"),
    ])
    func `every named status has its code and registered phrase`(status: HTTPStatus, line: String) {
        #expect(status.description == line)
    }

    @Test func `a code without a name has an empty phrase, and one outside 100...999 becomes 500`() {
        #expect(HTTPStatus(299).reasonPhrase.isEmpty)
        #expect(HTTPStatus(299).description == "299")
        #expect(HTTPStatus(99) == .internalServerError)
        #expect(HTTPStatus(1000) == .internalServerError)
    }
}
