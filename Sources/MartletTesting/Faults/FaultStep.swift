public import Martlet

/// One thing that a `FaultServer` does with the connection of a request: bytes as they are, so that every mistake a
/// server can make can be made.
public struct FaultStep: Sendable {
    let play: @Sendable (FaultConnection) async throws -> Void

    /// Sends text in one write.
    public static func send(_ text: String) -> FaultStep { .send(Array(text.utf8)) }

    /// Sends bytes in one write.
    public static func send(_ bytes: [UInt8]) -> FaultStep { FaultStep { try await $0.send(bytes) } }

    /// Sends text in pieces of so many bytes, each of which has left before the next is written.
    public static func send(_ text: String, inPiecesOf size: Int) -> FaultStep {
        FaultStep { connection in
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                try await connection.send(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                // Two writes in a row may arrive as one.
                if !rest.isEmpty { try await Task.sleep(for: .microseconds(200)) }
            }
        }
    }

    /// Sends the same text again and again, at the pace of whoever reads.
    public static func send(_ text: String, times count: Int) -> FaultStep {
        let bytes = Array(text.utf8)
        return FaultStep { connection in
            for _ in 0..<count { try await connection.send(bytes) }
        }
    }

    /// Does nothing for a while.
    public static func delay(_ duration: Duration) -> FaultStep {
        FaultStep { _ in try await Task.sleep(for: duration) }
    }

    /// Waits until a test opens the gate.
    public static func wait(for gate: Gate) -> FaultStep { FaultStep { _ in try await gate.pass() } }

    /// Does nothing until the client leaves.
    public static var stall: FaultStep { .wait(for: Gate()) }

    /// Closes the connection (FIN), whatever was promised.
    public static var close: FaultStep { FaultStep { $0.close() } }

    /// Resets the connection (RST).
    public static var reset: FaultStep { FaultStep { $0.reset() } }
}

extension FaultStep {
    /// A head: status line and fields, with the empty line behind them.
    public static func head(_ status: Int, _ fields: HTTPFields = HTTPFields()) -> FaultStep {
        var text = "HTTP/1.1 \(HTTPStatus(status))\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        return .send(text + "\r\n")
    }

    /// A head of an event stream that ends with its connection.
    public static var streamHead: FaultStep {
        .head(200, ["Content-Type": "text/event-stream", "Connection": "close"])
    }

    /// A whole response of JSON text.
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

    /// One event of these data.
    public static func event(_ data: String) -> FaultStep { .send(eventText(data)) }

    /// One event of a chat's stream: a piece of text.
    public static func delta(_ text: String) -> FaultStep {
        .event(chunk(delta: "{\"content\":\(JSONValue.string(text))}"))
    }

    /// The event of a chat's stream that tells how it ended.
    public static func finish(_ reason: String = "stop") -> FaultStep { .event(chunk(delta: "{}", finish: reason)) }

    /// The event that ends a stream.
    public static var done: FaultStep { .event("[DONE]") }

    /// The text of one event.
    public static func eventText(_ data: String) -> String {
        var bytes: [UInt8] = []
        ServerSentEvents.append(to: &bytes) { $0 += Array(data.utf8) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A chunk of a chat's stream, as JSON.
    public static func chunk(delta: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"fault","choices":["#
            + #"{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]}"#
    }
}
