public import Martlet

/// One action of a `FaultServer` on a request's connection. Bytes are sent unchanged, so every mistake of a server can be
/// reproduced.
public struct FaultStep: Sendable {
    let play: @Sendable (FaultConnection) async throws -> Void

    /// Sends text in one write.
    public static func send(_ text: String) -> FaultStep { .send(Array(text.utf8)) }

    /// Sends bytes in one write.
    public static func send(_ bytes: [UInt8]) -> FaultStep { FaultStep { try await $0.send(bytes) } }

    /// Sends text in pieces of `size` bytes, each only after the previous one has been sent.
    public static func send(_ text: String, inPiecesOf size: Int) -> FaultStep {
        FaultStep { connection in
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                try await connection.send(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                // Without a pause two writes may arrive as one.
                if !rest.isEmpty { try await Task.sleep(for: .microseconds(200)) }
            }
        }
    }

    /// Sends the same text `count` times, at the reader's pace.
    public static func send(_ text: String, times count: Int) -> FaultStep {
        let bytes = Array(text.utf8)
        return FaultStep { connection in
            for _ in 0..<count { try await connection.send(bytes) }
        }
    }

    /// Waits for `duration`.
    public static func delay(_ duration: Duration) -> FaultStep {
        FaultStep { _ in try await Task.sleep(for: duration) }
    }

    /// Waits until a test opens the gate.
    public static func wait(for gate: Gate) -> FaultStep { FaultStep { _ in try await gate.pass() } }

    /// Waits until the client leaves.
    public static var stall: FaultStep { .wait(for: Gate()) }

    /// Closes the connection (FIN), also in the middle of a response.
    public static var close: FaultStep { FaultStep { $0.close() } }

    /// Resets the connection (RST).
    public static var reset: FaultStep { FaultStep { $0.reset() } }
}

extension FaultStep {
    /// A head: status line, fields and the empty line.
    public static func head(_ status: Int, _ fields: HTTPFields = HTTPFields()) -> FaultStep {
        var text = "HTTP/1.1 \(HTTPStatus(status))\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        return .send(text + "\r\n")
    }

    /// The head of an event stream that ends when the connection closes.
    public static var streamHead: FaultStep {
        .head(200, ["Content-Type": "text/event-stream", "Connection": "close"])
    }

    /// A complete response of JSON text.
    public static func json(
        _ text: String, status: Int = 200, fields: HTTPFields = HTTPFields()
    ) -> FaultStep {
        var fields = fields
        fields.set("Content-Type", "application/json")
        fields.set("Content-Length", String(text.utf8.count))
        var head = "HTTP/1.1 \(HTTPStatus(status))\r\n"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        return .send(head + "\r\n" + text)
    }

    /// A server-sent event.
    public static func event(_ data: String) -> FaultStep { .send(eventText(data)) }

    /// A chunk of a chat stream with a piece of text.
    public static func delta(_ text: String) -> FaultStep {
        .event(chunk(delta: "{\"content\":\(JSONValue.string(text))}"))
    }

    /// The chunk of a chat stream with the finish reason.
    public static func finish(_ reason: String = "stop") -> FaultStep { .event(chunk(delta: "{}", finish: reason)) }

    /// The event `[DONE]` that ends a stream.
    public static var done: FaultStep { .event("[DONE]") }

    /// A server-sent event as text.
    public static func eventText(_ data: String) -> String {
        var bytes: [UInt8] = []
        ServerSentEvents.beginEvent(to: &bytes)
        bytes += Array(data.utf8)
        ServerSentEvents.endEvent(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A chunk of a chat stream as JSON.
    public static func chunk(delta: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"fault","choices":["#
            + #"{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]}"#
    }
}
