/// Why a request is refused: the response's status, and a sentence for the client that says what is wrong and what to
/// send instead.
package struct RequestError: Error, Sendable, Equatable {
    package let status: HTTPStatus
    package let message: String

    package init(_ status: HTTPStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    static func badRequest(_ message: String) -> RequestError {
        RequestError(.badRequest, message)
    }

    static var bareLineFeed: RequestError {
        .badRequest("A line must end with CRLF; this one ends with a bare LF.")
    }

    static var bareCarriageReturn: RequestError {
        .badRequest("A CR must be followed by LF; this one stands alone.")
    }

    static func bodyTooLarge(_ maximumBytes: Int) -> RequestError {
        RequestError(.contentTooLarge, "The request body is larger than \(maximumBytes) bytes; send a smaller one.")
    }
}
