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

    static var headTimeout: RequestError {
        RequestError(.requestTimeout, "The head took too long to arrive: send it in one go.")
    }

    static var bodyTimeout: RequestError {
        RequestError(.requestTimeout, "The body stopped arriving: send it without long pauses.")
    }

    static var slowBody: RequestError {
        RequestError(.requestTimeout, "The body arrives too slowly: send it faster, or a smaller one.")
    }

    static var outOfMemory: RequestError {
        RequestError(
            .serviceUnavailable, "The server's memory for requests is used up at the moment; try again a little later.")
    }

    static var tooManyConnections: RequestError {
        RequestError(
            .serviceUnavailable, "The server has as many connections open as it can; try again in a moment.")
    }

    static var serverStopping: RequestError {
        RequestError(.serviceUnavailable, "The server is stopping; send the request again in a moment.")
    }

    static func bodyTooLarge(_ maximumBytes: Int) -> RequestError {
        RequestError(.contentTooLarge, "The request body is larger than \(maximumBytes) bytes; send a smaller one.")
    }
}
